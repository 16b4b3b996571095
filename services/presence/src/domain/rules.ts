/** Switches of single rules, for the test that each is needed; production passes none. */
export type PresenceRules = {
  /** who loses the last lease stays what they were for 5 s */
  readonly grace?: boolean;
  /** an edge without beats is lost */
  readonly lost?: boolean;
  /** no edge is lost at a tick that comes long after the one before it */
  readonly logAway?: boolean;
};
