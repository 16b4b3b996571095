/** Switches of single rules for the simulation; names as in the design's model. Production passes none. */
export type EdgeRules = {
  /** a cover must begin exactly at the watermark */
  readonly wmEquality?: boolean;
  /** after a reset a session gets no frame and no cursor until it is closed */
  readonly resetMute?: boolean;
  /** a channel counts only when the router has applied it */
  readonly waitApplied?: boolean;
  /** rows are read once the checkpoint has passed the watermark at subscription */
  readonly rowsAtV0?: boolean;
  readonly gatherWins?: boolean;
  /** the session becomes live when the channels of gathered joins are applied too */
  readonly waitGathered?: boolean;
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
