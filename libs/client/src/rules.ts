/** Switches of single rules for the simulation; names as in the design's model. A real client passes none. */
export type ClientRules = {
  readonly onlyNewer?: boolean;
  readonly holdFrames?: boolean;
  readonly fullReplaces?: boolean;
  readonly limitedDrops?: boolean;
  readonly joinedSyncs?: boolean;
  readonly cursorNotDuringSync?: boolean;
  readonly dropNotHeld?: boolean;
  readonly freshDropsAll?: boolean;
  readonly leftRevRule?: boolean;
  /** no ref 64 or more beyond the oldest unanswered */
  readonly windowSpan?: boolean;
  readonly historyRev?: boolean;
};
