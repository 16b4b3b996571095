/** The only source of time outside composition roots. */
export interface Clock {
  /** ms since the epoch, UTC */
  now(): number;
  /** Calls `run` once after `ms`; the returned function cancels it. Never keeps a process alive by itself. */
  after(ms: number, run: () => void): () => void;
}

/** Resolves after `ms` of the clock. */
export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

/** ms of `ms` that are left since `since`: 0 when it is over, and never more than `ms`, since a clock may be set back. */
export const remaining = (clock: Clock, since: number, ms: number): number => Math.max(0, Math.min(ms, since + ms - clock.now()));

/** The only source of randomness outside composition roots. */
export interface Ids {
  /** a number in [0, 1) */
  random(): number;
  /** a UUIDv7, strictly increasing within this source */
  uuid7(): string;
  /** a name for an instance, an owner or a session: unique, url-safe, no secret */
  name(): string;
}
