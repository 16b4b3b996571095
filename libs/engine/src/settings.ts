/** How an owner works; ms, counts and bytes. */
export type OwnerSettings = {
  readonly flushMs: number;
  readonly flushEvents: number;
  /** commands of one batch, and so records of one produce */
  readonly batchCommands: number;
  readonly batchBytes: number;
  /** commands waiting in memory per partition; beyond it the topic is paused */
  readonly queuedCommands: number;
  /** events waiting in memory per partition to be applied; beyond it the topic is paused */
  readonly queuedEvents: number;
  /** clean cells kept per partition, in estimated bytes */
  readonly cellBytes: number;
  /** dirty cells per partition; beyond it no command is read until they are written */
  readonly dirtyCells: number;
  /** wait after a foreign claim: a random time in [min, max) */
  readonly backOffMin: number;
  readonly backOffMax: number;
  /** claims again after this time, so that a topic with retention always holds one; 0 = never */
  readonly reclaimMs: number;
  /** a position beyond the log's end counts only after this time */
  readonly beyondEndMs: number;
};

export const OWNER_DEFAULTS: OwnerSettings = {
  flushMs: 10_000,
  flushEvents: 5_000,
  batchCommands: 500,
  batchBytes: 512 * 1024,
  queuedCommands: 5_000,
  queuedEvents: 5_000,
  cellBytes: 16 * 1024 * 1024,
  dirtyCells: 20_000,
  backOffMin: 1_000,
  backOffMax: 3_000,
  reclaimMs: 0,
  beyondEndMs: 30_000,
};

export type ProjectorSettings = {
  /** records of one batch */
  readonly batchRecords: number;
  /** ms from one batch to the next, unless a full one waits: a batch costs several round trips to the store, however small it is */
  readonly batchMs: number;
  /** records of one batch of a generation that does not serve yet */
  readonly buildRecords: number;
  /** as `batchMs`; short, so that a document that never rests is soon at a state that the serving generation had too, and can be compared */
  readonly buildMs: number;
  /** records waiting in memory per partition and topic; beyond it the topic is paused */
  readonly queuedRecords: number;
  /** ms: how often the generations are looked at */
  readonly pollMs: number;
  /** a position beyond the log's end counts only after this time */
  readonly beyondEndMs: number;
};

export const PROJECTOR_DEFAULTS: ProjectorSettings = {
  batchRecords: 500,
  buildRecords: 500,
  batchMs: 100,
  buildMs: 20,
  queuedRecords: 5_000,
  pollMs: 1_000,
  beyondEndMs: 30_000,
};

export type RouterSettings = {
  /** ms that a record stays in the ring */
  readonly ringMs: number;
  /** bytes of one partition's ring */
  readonly ringBytes: number;
  /** records and bytes of one cover frame */
  readonly coverRecords: number;
  readonly coverBytes: number;
  /** ms: at the latest so often every watermark moves */
  readonly coverEveryMs: number;
  /** ms without hearing from the log until the feeds are ended */
  readonly deafMs: number;
  /** feeds at once; more are refused */
  readonly feeds: number;
};

export const ROUTER_DEFAULTS: RouterSettings = {
  ringMs: 60_000,
  ringBytes: 16 * 1024 * 1024,
  coverRecords: 500,
  coverBytes: 512 * 1024,
  coverEveryMs: 1_000,
  deafMs: 5_000,
  feeds: 1_000,
};
