import { type EventLog, LogError, type LogRecord } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningKafka } from '../testbed/running.ts';
import { openTestLog, setting, within } from './kafkaLog.ts';
import { Traffic } from './traffic.ts';

const PARTITIONS = 4;
const SEED = setting('TESTBED_SEED', 1);
/** Each such round, where it freezes, is one in which the requests under way are given up. */
const LONG = 3;
const REQUEST_TIMEOUT = 10_000;
/** ms from the end of a fault until a plain read must have succeeded */
const READ_WITHIN = 15_000;
const FLOWS_WITHIN = 40_000;
/** ms that one read may take to resolve or reject */
const SETTLED_WITHIN = 25_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Reads again and again while a fault is on: whatever comes of it, it must come in time. Returns how often. */
const readAlways = async (log: EventLog, topics: readonly string[], random: Random, going: () => boolean): Promise<number> => {
  let reads = 0;
  for (; going(); reads++) {
    const [topic, p] = [random.pick(topics), random.below(PARTITIONS)];
    const reading = log.read(topic, p, 0, 20).then(
      (records) => expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 20 }, (_, offset) => offset)),
      (error: unknown) => expect(error instanceof LogError ? error.kind : error).toBe('retriable'),
    );
    await within(SETTLED_WITHIN, `a read of ${topic}/${p} during a fault`, reading);
    await pause(100);
  }
  return reads;
};

/** The newest records that were acknowledged before this call. @throws where no read succeeds in time */
const readNewest = async (log: EventLog, { topic, writers }: Traffic, p: number, end: number): Promise<void> => {
  const { acknowledged = [], offsets = [] } = writers[p] ?? {};
  const first = Math.max(0, acknowledged.length - 50);
  const [from, last] = [offsets[first] ?? 0, acknowledged.length - 1];
  const wanted = { first: acknowledged[first], last: acknowledged[last], lastOffset: offsets[last] ?? 0 };
  const read = async (): Promise<readonly LogRecord[]> => {
    for (;;) {
      try {
        return await log.read(topic, p, from, wanted.lastOffset - from + 1);
      } catch (error) {
        if (!(error instanceof LogError) || error.kind === 'fatal' || performance.now() > end) throw error;
        await pause(100);
      }
    }
  };
  const records = await within(Math.max(1, end - performance.now()), `a read of ${topic}/${p}`, read());
  expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: wanted.lastOffset - from + 1 }, (_, i) => from + i));
  expect(Number(records[0]?.value)).toBe(wanted.first);
  expect(Number(records.at(-1)?.value)).toBe(wanted.last);
};

/** A handle that stays open while its brokers are killed and frozen again and again. */
export const throughRounds = (running: () => RunningKafka, count: 1 | 3, rounds: number): void => {
  let log: EventLog;
  beforeAll(async () => {
    log = await openTestLog(running().brokers, `r${process.pid}.`);
  });
  afterAll(() => log?.close());

  it(`plain reads after each of ${rounds} faults of brokers, while all topics are written, tailed and read by members`, {
    timeout: rounds * 60_000 + 60_000,
  }, async ({ skip }) => {
    const kafka = running();
    if (!kafka.touchable) return skip('the brokers were given by their addresses and are not ours to kill');
    process.stderr.write(`rounds of faults: TESTBED_SEED=${SEED}, TESTBED_ROUNDS=${rounds}\n`);
    const random = new Random(SEED);
    const topics = [await Traffic.start(log, 'rounds.a', PARTITIONS, 20), await Traffic.start(log, 'rounds.b', PARTITIONS, 20)];
    await Promise.all(topics.map((traffic) => traffic.flows(20, FLOWS_WITHIN)));
    for (let round = 0; round < rounds; round++) {
      const [broker, kills] = [random.below(count), (round + SEED) % 2 === 0];
      const ms = 200 + random.below(3_000) + (!kills && round % LONG === LONG - 1 ? REQUEST_TIMEOUT : 0);
      let going = true;
      const reads = readAlways(
        log,
        topics.map(({ topic }) => topic),
        random,
        () => going,
      );
      reads.catch(() => {}); // awaited below
      await (kills ? kafka.kill(broker) : kafka.freeze(broker));
      await pause(ms);
      await (kills ? kafka.restart(broker) : kafka.thaw(broker));
      const ended = performance.now();
      going = false;
      const newest = topics.flatMap((traffic) => traffic.writers.map((_, p) => readNewest(log, traffic, p, ended + READ_WITHIN)));
      await Promise.all(newest);
      const read = performance.now();
      await reads;
      await Promise.all(topics.map((traffic) => traffic.flows(5, FLOWS_WITHIN)));
      const took = [read - ended, performance.now() - ended].map(Math.round);
      process.stderr.write(`  ${kills ? 'killed' : 'frozen'} ${broker} for ${ms} ms: read after ${took[0]} ms, all flows after ${took[1]} ms\n`);
    }
    for (const traffic of topics) await traffic.stop(FLOWS_WITHIN);
  });
};
