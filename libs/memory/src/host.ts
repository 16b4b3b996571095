import type { Clock } from '@clatter/ports';

/** What may happen to an append: the meanings are those of a broker that fails in the middle. */
export type AppendFault = 'fail' | 'lost' | 'written' | 'late' | 'double';

/**
 * One simulated process. Every asynchronous step of the memory adapters asks its host first, so that a simulation decides
 * the order of all things; the steps of a dead host never come, those of a frozen one late.
 */
export type Host = {
  readonly name: string;
  readonly clock: Clock;
  /** Resolves when this host may go on. */
  step(label: string): Promise<void>;
  /** Decides the fate of an append; absent = all succeed. */
  fault?(topic: string, partition: number): AppendFault | undefined;
  /** Runs a write that lands later than its append was answered. */
  later?(run: () => void): void;
  /** Records handed on at once, at most. */
  batch?(): number;
  /** Whether to take one more step between two documents of one range: a range is no snapshot. */
  torn?(): boolean;
  /** Collections in which this host writes without the guard. Only for showing that the guard is needed. */
  unguarded?(collection: string): boolean;
  /** Collections in which this host removes what is gone instead of keeping a tombstone. Only for showing that tombstones are needed. */
  forgets?(collection: string): boolean;
};

/** A host on which everything goes on as soon as the event loop is free. */
export const freeHost = (name: string, clock: Clock): Host => ({ name, clock, step: () => new Promise((resolve) => setImmediate(resolve)) });
