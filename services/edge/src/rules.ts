/** Switches of single rules for the simulation; names as in the design's model. Production passes none. */
export type EdgeRules = {
  /** a cover must begin exactly at the watermark */
  readonly wmEquality?: boolean;
  /** the watermark moves record by record inside a cover */
  readonly wmPerRecord?: boolean;
  /** after a reset a session gets no frame and no cursor until it is closed */
  readonly resetMute?: boolean;
  /** a channel counts only when the router has applied it */
  readonly waitApplied?: boolean;
  /** rows are read once the checkpoint has passed the watermark at subscription */
  readonly rowsAtV0?: boolean;
  readonly gatherWins?: boolean;
  readonly gatherAboveRev?: boolean;
  readonly vAtLive?: boolean;
  /** a cursor does not pass a pending join */
  readonly holdCursor?: boolean;
  readonly removedStops?: boolean;
  readonly removalCancels?: boolean;
  /** a session that can't keep up is closed (off: it misses frames) */
  readonly slowClose?: boolean;
  /** a failed produce answers the whole queue behind it */
  readonly queueFails?: boolean;
  /** what can't be resolved is refused in the log (off: at once) */
  readonly refusedInLog?: boolean;
};
