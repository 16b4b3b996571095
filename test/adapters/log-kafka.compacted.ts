import type { EventLog, LogRecord } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { Properties } from '../testbed/kafka.properties.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { durableTopic, openTestLog, setting } from './kafkaLog.ts';

const TOPIC = 'compacted';
const RECORDS = 80;
const KEYS = 10;
const AT_ONCE = 8;
const SEED = setting('TESTBED_SEED', 1);

/** A cleaner that is always at work. A segment is closed when a record comes that is so much later. */
export const EAGER_CLEANER: Properties = {
  'log.roll.ms': 500,
  'log.cleaner.backoff.ms': 100,
  'log.cleaner.min.cleanable.ratio': 0.01,
  'log.cleaner.min.compaction.lag.ms': 0,
};

const brief = ({ offset, key, value }: LogRecord): string => `${offset} ${key}=${value}`;

/** A topic in which only the newest record of each key is left, so that most offsets, and whole batches, are missing. */
export const withACompactedTopic = (running: () => RunningKafka): void => {
  let log: EventLog;
  let end = 0;
  /** what the cleaner has left */
  let left: readonly LogRecord[] = [];
  const after = (offset: number): readonly LogRecord[] => left.filter((record) => record.offset >= offset);

  beforeAll(async () => {
    log = await openTestLog(running().brokers, `h${process.pid}.`);
    await log.ensureTopics([durableTopic(TOPIC, 'compact')], 1);
    const random = new Random(SEED);
    const newest = new Map<string, string>();
    const append = async (...entries: [key: string, value: string][]): Promise<void> => {
      for (const [key, value] of entries) newest.set(key, value);
      end = (await log.append(TOPIC, 0, entries.map(([key, value]) => ({ key, headers: {}, value })))) + entries.length; // biome-ignore format: one thought
    };
    for (let n = 0; n < RECORDS; ) {
      const entries = Array.from({ length: 1 + random.below(7) }, (): [string, string] => [`k${random.below(KEYS)}`, `v${n++}`]);
      await append(...entries);
    }
    // only what stands before the newest segment is cleaned: a key that comes once closes the one before it, and stays
    await until(
      'each key is left once',
      async () => {
        await append([`once${end}`, 'v']);
        left = await log.read(TOPIC, 0, 0, end);
        return left.length === newest.size;
      },
      60_000,
    );
    expect(new Map(left.map(({ key, value }) => [key, value]))).toEqual(newest);
    expect(left.map(({ offset }) => offset)).toEqual(left.map(({ offset }) => offset).sort((a, b) => a - b));
  }, 120_000);
  afterAll(() => log?.close());

  /** Every offset that a reader may begin at, a few at once. */
  const fromEverywhere = async (check: (from: number) => Promise<void>): Promise<void> => {
    const offsets = Array.from({ length: end + 1 }, (_, offset) => offset);
    const worker = async (): Promise<void> => {
      for (let from = offsets.shift(); from !== undefined; from = offsets.shift()) await check(from);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  };

  it('a compacted topic is read from every offset: what is left at or after it, in order', { timeout: 120_000 }, async () => {
    await fromEverywhere(async (from) => expect((await log.read(TOPIC, 0, from, end)).map(brief), `from ${from}`).toEqual(after(from).map(brief)));
  });

  it('a read of one record of a compacted topic finds the first one at or after the offset', { timeout: 120_000 }, async () => {
    await fromEverywhere(async (from) => expect((await log.read(TOPIC, 0, from, 1)).map(brief), `from ${from}`).toEqual(after(from).slice(0, 1).map(brief)));
  });

  it('tails that begin in holes of a compacted topic read what is left, and then what comes', { timeout: 60_000 }, async () => {
    const missing = Array.from({ length: end }, (_, offset) => offset).filter((offset) => !left.some((record) => record.offset === offset));
    const random = new Random(SEED);
    const begins = [0, random.pick(missing), random.pick(missing), random.pick(missing)];
    const tails = await Promise.all(
      begins.map(async (from) => {
        const got: LogRecord[] = [];
        const failures: unknown[] = [];
        const tail = await log.tail({
          from: { [TOPIC]: [from] },
          records: (_topic, _p, records) => void got.push(...records),
          failed: (error) => failures.push(error),
        });
        return { from, got, failures, tail };
      }),
    );
    const came = [
      await log.append(TOPIC, 0, [{ key: 'came1', headers: {}, value: 'v' }]),
      await log.append(TOPIC, 0, [{ key: 'came2', headers: {}, value: 'v' }]),
    ];
    await until('all have what came last', () => tails.every(({ got, failures }) => failures.length > 0 || got.at(-1)?.offset === came[1]));
    for (const { from, got, failures } of tails) {
      expect(failures).toEqual([]);
      expect(
        got.map(({ offset }) => offset),
        `from ${from}`,
      ).toEqual([...after(from).map(({ offset }) => offset), ...came]);
    }
    await Promise.all(tails.map(({ tail }) => tail.close()));
  });
};
