import { LIMITS } from '@clatter/contract';

/** How an edge works; ms, counts, bytes. */
export type EdgeSettings = {
  readonly heartbeat: number;
  readonly helloWithin: number;
  readonly frame: number;
  readonly helloFrame: number;
  readonly inFlight: number;
  /** told to clients: no ref so far beyond the oldest unanswered */
  readonly refSpan: number;
  /** bytes waiting in a socket or for it; beyond it the session is closed 4008 */
  readonly slowBytes: number;
  readonly slowFrames: number;
  /** commands waiting per partition; beyond it `unavailable` */
  readonly queuedCommands: number;
  /** bytes of commands in flight or waiting, all partitions together; beyond it `unavailable` */
  readonly queuedBytes: number;
  /** commands and bytes of one produce */
  readonly batchCommands: number;
  readonly batchBytes: number;
  /** commands over HTTP that wait for their answer; beyond it `unavailable` */
  readonly requests: number;
  /** until a command is answered `timeout`, and until a session that can't be connected is let go */
  readonly answerWithin: number;
  /** frames per second and burst of a session, a user, an address */
  readonly sessionRate: number;
  readonly userRate: number;
  readonly addressRate: number;
  /** refused frames without a calm of `calmAfter` ms between them until the session is closed 4229 */
  readonly abuse: number;
  readonly calmAfter: number;
  /** sockets in all and per address */
  readonly sockets: number;
  readonly socketsPerAddress: number;
  /** time over which sessions are closed after a reset, and on drain */
  readonly resetWave: number;
  readonly drainWave: number;
  /** silence of a router until the feed is taken for dead */
  readonly feedSilence: number;
  readonly feedRetry: number;
  /** wait for the read models when connecting */
  readonly connectWithin: number;
  readonly markEvery: number;
  readonly typingEvery: number;
  /** a sign of life to presence's owners; how long what they are told gathers; what may wait for the log: beyond it all is told anew */
  readonly beatEvery: number;
  readonly presenceGather: number;
  readonly queuedPresence: number;
  /** watched users of all sessions together; beyond it `unavailable` */
  readonly watched: number;
  /** before the token's end a client is told */
  readonly expiringBefore: number;
  readonly sweepEvery: number;
};

export const EDGE_DEFAULTS: EdgeSettings = {
  heartbeat: LIMITS.heartbeat.value,
  helloWithin: LIMITS.helloWithin.value,
  frame: LIMITS.frame.value,
  helloFrame: LIMITS.helloFrame.value,
  inFlight: LIMITS.inFlight.value,
  refSpan: LIMITS.refSpan.value,
  slowBytes: 1024 * 1024,
  slowFrames: 5_000,
  queuedCommands: 10_000,
  queuedBytes: 64 * 1024 * 1024,
  batchCommands: 500,
  batchBytes: 512 * 1024,
  requests: 5_000,
  answerWithin: 10_000,
  sessionRate: 100,
  userRate: 200,
  addressRate: 2_000,
  abuse: 200,
  calmAfter: 10_000,
  sockets: 20_000,
  socketsPerAddress: 20_000,
  resetWave: 30_000,
  drainWave: 10_000,
  feedSilence: 5_000,
  feedRetry: 500,
  connectWithin: 2_000,
  markEvery: LIMITS.markEvery.value,
  typingEvery: LIMITS.typingEvery.value,
  beatEvery: 5_000,
  presenceGather: 50,
  queuedPresence: 50_000,
  watched: 500_000,
  expiringBefore: 60_000,
  sweepEvery: 1_000,
};
