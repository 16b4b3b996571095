import type { TopicSpec } from '@clatter/contract';

export type NewRecord = { readonly key: string; readonly headers: { readonly [name: string]: string }; readonly value: string };

/** `at` is the append time in ms, given by the log. */
export type LogRecord = NewRecord & { readonly offset: number; readonly at: number };

/** `start` = first offset that can be read, `end` = offset that the next record will get. */
export type Extent = { readonly start: number; readonly end: number };

/**
 * Why an operation failed. `retriable`: surely nothing was appended. `ambiguous`: it may have been, now or later.
 * `fatal`: trying again can't help (no such topic, credentials refused, behind the log's start, process must end).
 */
export type LogErrorKind = 'retriable' | 'ambiguous' | 'fatal';

export class LogError extends Error {
  readonly kind: LogErrorKind;
  constructor(kind: LogErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'LogError';
    this.kind = kind;
  }
}

/** What drives a member of a group. One call of `records` is one or more records of one partition, in order, without a gap. */
export interface GroupHandler {
  /**
   * A partition (index p of every topic of the join) is now this member's. Answers per topic with the offset to begin at,
   * or `paused`: nothing comes from it until `seek`. Rejections are tried again with back-off.
   */
  assigned(partition: number): Promise<Readonly<Record<string, number | 'paused'>>>;
  /** `rebalance`: awaited (up to the adapter's limit) before the partition is given to another; `lost`: it is gone already, write nothing. No `records` follow. */
  revoked(partition: number, why: 'rebalance' | 'lost'): Promise<void>;
  /** Synchronous; only enqueues. `next` = the offset after the last record handed on. */
  records(topic: string, partition: number, records: readonly LogRecord[], next: number): void;
  /** The member can't go on (behind the log's start, credentials gone): the process should say so and end. */
  failed(error: LogError): void;
}

export interface Membership {
  /** Whether this member may believe that p is its own right now. It can be wrong: only the fence decides. */
  owns(partition: number): boolean;
  pause(topic: string, partition: number): void;
  resume(topic: string, partition: number): void;
  /** The next record handed on is exactly this offset (on a compacted topic the first at or after it); also ends `paused`. */
  seek(topic: string, partition: number, offset: number): void;
  /** Resolves after the next heartbeat that the group acknowledged, sent after this call. */
  heartbeat(): Promise<void>;
  /** Records progress for lag metrics only; never read by this program. Failures are ignored. */
  commit(topic: string, partition: number, offset: number): void;
  /** Revokes with `rebalance`, then leaves. */
  leave(): Promise<void>;
}

export type JoinOptions = {
  readonly group: string;
  readonly topics: readonly string[];
  readonly handler: GroupHandler;
  /** ms that a record may be kept so that others are handed on with it, where that saves the log work; 0 = none */
  readonly patience?: number;
};

export type TailOptions = {
  /** topic -> per partition the offset to begin at */
  readonly from: Readonly<Record<string, readonly number[]>>;
  /** Synchronous. `next` = the offset after everything read, also where it is more than the last record. */
  readonly records: (topic: string, partition: number, records: readonly LogRecord[], next: number) => void;
  readonly failed: (error: LogError) => void;
};

export interface Tail {
  /** ms: when the log was last heard, per topic: a read succeeded, also an empty one. */
  heardAt(): number;
  close(): Promise<void>;
}

/**
 * An ordered, partitioned, durable log. All names of topics are without prefix. Numbers of partitions come from `ensureTopics`.
 * Guarantees, kept by every adapter and checked by `eventLogContract`:
 *  1. `append` is all-or-nothing for its one partition, in order, and durable (by the topic's `durability`) when it resolves.
 *  2. Offsets of a partition start at 0 and never restart; readers see every record once per reading, in order.
 *  3. `at` never decreases within a partition by more than the servers' clocks differ.
 *  4. Of one group at most one member believes to own a partition, save after a freeze or a cut: then the fence decides.
 *  5. Reading behind the start is a `fatal` error, never a silent jump.
 */
export interface EventLog {
  /** Identity of this log; another one after it was made anew or restored. */
  readonly logId: string;
  /** Partition count of a topic. */
  partitions(topic: string): number;
  /** Creates what is missing with `partitions` each; checks the rest. @throws {LogError} fatal where an existing topic differs */
  ensureTopics(specs: readonly TopicSpec[], partitions: number): Promise<void>;
  /** Returns the offset of the first record; the others follow it. `records` is not empty. @throws {LogError} */
  append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number>;
  /** At most `limit` records from `from` on; fewer at the end. @throws {LogError} */
  read(topic: string, partition: number, from: number, limit: number): Promise<readonly LogRecord[]>;
  /** One extent per partition. @throws {LogError} */
  ends(topic: string): Promise<readonly Extent[]>;
  /** The extent of one partition, also while others of its topic can't be asked. @throws {LogError} fatal where there is no such partition */
  extent(topic: string, partition: number): Promise<Extent>;
  /** The first offset whose append time is at or after `time` (ms); the end where there is none. @throws {LogError} */
  offsetAt(topic: string, partition: number, time: number): Promise<number>;
  join(options: JoinOptions): Promise<Membership>;
  tail(options: TailOptions): Promise<Tail>;
  close(): Promise<void>;
}
