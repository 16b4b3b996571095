import { type Clock, LogError, type LogRecord, sleep } from '@clatter/ports';
import { AGAIN_AFTER_MS } from '../again.ts';
import { errorOfCode } from '../inside.kafka.ts';
import type { Reach } from '../link/brokers.ts';
import { nameOf } from '../wire/fetch.ts';
import { look } from './look.ts';

/** ms without a record after which it is given up */
const WITHIN_MS = 15_000;

export type Collected = { readonly topic: string; readonly partition: number /** every offset has its record */; readonly dense: boolean };

/**
 * Reads at most `limit` records of one partition from `from` up to `to` (a place that the log has reached), by itself: whatever the shared
 * reading does or waits for, this ends. @throws {LogError} `retriable` where it could not be read in time
 */
export const collect = async (brokers: Reach, clock: Clock, what: Collected, from: number, to: number, limit: number): Promise<LogRecord[]> => {
  const found: LogRecord[] = [];
  let progressAt = clock.now();
  for (let next = from, failure: unknown; next < to && found.length < limit; ) {
    if (clock.now() >= progressAt + WITHIN_MS) throw new LogError('retriable', `${nameOf(what)} could not be read in time`, failure);
    try {
      next = await step(brokers, clock, what, next, to, found);
      progressAt = clock.now();
    } catch (error) {
      if (error instanceof LogError && error.kind === 'fatal') throw error;
      failure = error;
      brokers.doubt();
      await sleep(clock, AGAIN_AFTER_MS);
    }
  }
  return found.length > limit ? found.slice(0, limit) : found;
};

/** Reads what one answer brings into `found`, and returns the offset after it. */
const step = async (brokers: Reach, clock: Clock, what: Collected, next: number, to: number, found: LogRecord[]): Promise<number> => {
  const node = await brokers.leaderOf(what.topic, what.partition);
  if (node === undefined) throw new LogError('retriable', `${nameOf(what)} has no leader now`);
  const fetched = await look(brokers, clock, node, { topic: what.topic, partition: what.partition, offset: next });
  if (!fetched) throw new LogError('retriable', `${nameOf(what)} was not in the answer`);
  if (fetched.error !== 0) throw errorOfCode(fetched.error);
  if (fetched.unreadable) throw new LogError('fatal', `${nameOf(what)}: ${fetched.unreadable}`);
  if (fetched.next === undefined || fetched.next <= next) throw new LogError('retriable', `${nameOf(what)}: nothing stands at ${next} yet`);
  const fresh = fetched.records.filter(({ offset }) => offset >= next && offset < to);
  if (what.dense && fresh.length !== Math.min(fetched.next, to) - next)
    throw new LogError('fatal', `${nameOf(what)}: of offsets ${next} to ${fetched.next - 1} only ${fresh.length} are there`);
  found.push(...fresh);
  return fetched.next;
};
