import type { FenceRules } from '@clatter/kernel';

/**
 * Switches of single rules, all on. They exist so that the simulation can show that each rule is needed:
 * nothing but a test ever passes one. The names are those of the design's model.
 */
export type OwnerRules = FenceRules & {
  /** the stored fence is used, not an empty one at the stored position */
  readonly fenceStored?: boolean;
  /** a foreign claim before the own one: backs off */
  readonly backOff?: boolean;
  /** leads only when its own claim was read back (off: when it was appended) */
  readonly readOwnClaim?: boolean;
  /** every claim has a name of its own (off: that of the process) */
  readonly claimNonce?: boolean;
  /** commands are taken up behind the last one answered in the log (off: behind the last one stored) */
  readonly resumeFromEvents?: boolean;
  /** one produce in flight */
  readonly oneInFlight?: boolean;
  /** claims again only after a heartbeat was acknowledged */
  readonly heartbeat?: boolean;
  /** an ambiguous append is repeated (off: taken as a failure and forgotten) */
  readonly ambiguousHandled?: boolean;
  readonly stopOnForeignClaim?: boolean;
  /** flushed only while nothing is in flight and all of it was read back */
  readonly barrier?: boolean;
  /** the barrier waits for reading back (off: for the acknowledgement only) */
  readonly barrierReadBack?: boolean;
  /** the fence is stored after the cells it vouches for */
  readonly fenceLast?: boolean;
  readonly flushSerial?: boolean;
  /** a replayed record at or below a cell's rev is skipped for that cell */
  readonly replaySkip?: boolean;
  /** dirty cells stay in memory */
  readonly evictClean?: boolean;
  /** cells that are being written stay in memory */
  readonly pinFlush?: boolean;
};

export type ProjectorRules = FenceRules & {
  readonly fenceStored?: boolean;
  /** a replayed record at or below a document's rev is skipped for that document */
  readonly docSkip?: boolean;
  /** the checkpoint is written after the documents it vouches for */
  readonly checkpointLast?: boolean;
  /** documents are written in the order of `collections` */
  readonly writeOrder?: boolean;
};

export type RouterRules = FenceRules & {
  readonly fenceStored?: boolean;
  /** an edge is told how far the router has looked for it before its set of channels changes */
  readonly pumpFirst?: boolean;
  readonly reset?: boolean;
  /** nothing is sent for a partition in which the edge is ahead */
  readonly waitsForWatermark?: boolean;
  readonly deafEnds?: boolean;
};
