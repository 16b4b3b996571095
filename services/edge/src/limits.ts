import type { LIMITS, LimitRow } from '@clatter/contract';
import { LANES } from './fanout/watches.ts';
import { KNOWN_GROUPS, KNOWN_MARKS } from './outbound/marks.ts';
import { EDGE_DEFAULTS, type EdgeSettings } from './settings.ts';
import { BUCKETS } from './socket/admission.ts';
import { FRAMES_AT_ONCE } from './socket/decode.ts';

/** Settings that only say when something is done. */
type Timing = 'feedRetry' | 'sweepEvery' | 'beatEvery' | 'presenceGather';
type Own = Exclude<keyof EdgeSettings, Timing | keyof typeof LIMITS>;

const of = (key: Own, unit: string, beyond: string): LimitRow => ({ value: EDGE_DEFAULTS[key], unit, beyond });

const SETTINGS = {
  slowBytes: of('slowBytes', 'bytes waiting in a socket or for it', 'closed 4008'),
  slowFrames: of('slowFrames', 'frames gathered for a socket in one turn', 'closed 4008'),
  queuedCommands: of('queuedCommands', 'commands waiting per partition', 'error unavailable, `same`'),
  queuedBytes: of('queuedBytes', 'bytes of commands in flight or waiting', 'error unavailable, `same`'),
  batchCommands: of('batchCommands', 'commands of one produce', 'the others wait for the next'),
  batchBytes: of('batchBytes', 'bytes of one produce', 'the others wait for the next'),
  requests: of('requests', 'HTTP commands waiting for their answer', '503 unavailable'),
  answerWithin: of('answerWithin', 'ms until the log has answered, or a session is connected', 'error timeout, or unavailable and closed 4000'),
  sessionRate: of('sessionRate', 'frames per second of a session, twice as many at once', 'error rate_limited'),
  userRate: of('userRate', 'frames and HTTP commands per second of a user, twice as many at once', 'error rate_limited'),
  addressRate: of('addressRate', 'frames and HTTP commands per second from an address, twice as many at once', 'error rate_limited'),
  abuse: of('abuse', 'refused frames of a session without a calm', 'closed 4229'),
  calmAfter: of('calmAfter', 'ms without a refusal', 'the count of `abuse` begins anew'),
  sockets: of('sockets', 'sockets of one edge', 'closed 4001'),
  socketsPerAddress: of('socketsPerAddress', 'sockets from one address', 'closed 4229'),
  resetWave: of('resetWave', 'ms over which sessions are closed when the place in the stream is lost', 'closed 4000'),
  drainWave: of('drainWave', 'ms over which sessions are closed on stop', 'closed 4001'),
  feedSilence: of('feedSilence', 'ms of silence of a router', 'another router is dialled'),
  connectWithin: of('connectWithin', 'ms that connecting waits for the read models', 'error unavailable, closed 4000'),
  queuedPresence: of('queuedPresence', 'presence commands waiting for the log', 'they are dropped; later all sessions are told anew'),
  watched: of('watched', 'watched users of all sessions together', 'error unavailable'),
  expiringBefore: of('expiringBefore', "ms before a token's end", 'frame `expiring`; at the end closed 4101'),
} as const satisfies { readonly [K in Own]: LimitRow };

/** Every limit of an edge beyond those of the contract; docs/limits.md is made of it. */
export const EDGE_LIMITS = {
  ...SETTINGS,
  framesAtOnce: { value: FRAMES_AT_ONCE, unit: 'frames of one array', beyond: 'error bad_frame' },
  lookUps: { value: LANES, unit: 'look-ups for watchers at once', beyond: 'the others wait, one of a session' },
  buckets: { value: BUCKETS, unit: 'users and addresses whose rate is remembered', beyond: 'the least used is forgotten' },
  knownMarks: { value: KNOWN_MARKS, unit: 'read marks, and times of typing, remembered', beyond: 'the least used is forgotten' },
  knownGroups: { value: KNOWN_GROUPS, unit: 'conversations whose size is remembered', beyond: 'the least used is forgotten' },
} as const satisfies Record<string, LimitRow>;
