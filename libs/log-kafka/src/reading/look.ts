import type { Clock } from '@clatter/ports';
import { errorOfCode } from '../inside.kafka.ts';
import type { Reach } from '../link/brokers.ts';
import { throttled } from '../link/throttle.ts';
import { type Asked, FETCH, type Fetched, nameOf, readFetched, writeFetch } from '../wire/fetch.ts';

/** bytes of one partition in one answer; a larger batch comes alone */
export const PARTITION_BYTES = 1 << 20;
/** ms: a broker may have to read from a slow disk */
const LOOK_WITHIN_MS = 10_000;
const ONCE = { maxWaitMs: 0, maxBytes: PARTITION_BYTES, maxBytesPerPartition: PARTITION_BYTES, session: 0, epoch: -1, forgotten: [] };

/**
 * Asks a broker for one partition, beside the shared fetch: without a session, and without waiting for what is not there yet.
 * Returns undefined where the answer leaves it out. @throws what the broker refuses the request with, {Unsent | Unanswered | LogError}
 */
export const look = async (brokers: Reach, clock: Clock, node: number, asked: Asked): Promise<Fetched | undefined> => {
  const link = await brokers.link(node, 'look');
  const body = await link.request(FETCH, { guess: 160, withinMs: LOOK_WITHIN_MS }, (to) => writeFetch(to, { ...ONCE, asked: [asked] }));
  const { error, parts, throttleMs } = readFetched(body);
  await throttled(clock, throttleMs);
  if (error !== 0) throw errorOfCode(error);
  return parts.find((part) => nameOf(part) === nameOf(asked));
};
