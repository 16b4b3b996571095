import type { EventLog } from '@clatter/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { openTestLog } from './kafkaLog.ts';
import { Traffic } from './traffic.ts';

const PARTITIONS = 12;
/** ms until an append is settled either way: the time-out of a request (10 s), once more where it had not left, and what a slow machine adds */
const SETTLED_WITHIN = 30_000;
/** ms from the thaw until all partitions are written and read by all readers again */
const FLOWS_WITHIN = 30_000;

/** A broker that stands still and wakes again, while every partition has a produce under way. */
export const withAFrozenBroker = (running: () => RunningKafka, count: 1 | 3): void => {
  let log: EventLog;
  beforeAll(async () => {
    log = await openTestLog(running().brokers, `z${process.pid}.`);
  });
  afterAll(() => log?.close());

  it('a frozen broker while 12 partitions are written: what was acknowledged is there, every append is settled, all flows again after the thaw', {
    timeout: 150_000,
  }, async ({ skip }) => {
    const kafka = running();
    if (!kafka.touchable) return skip('the brokers were given by their addresses and are not ours to freeze');
    const traffic = await Traffic.start(log, 'frozen.broker', PARTITIONS, 5);
    const doubtful = () => traffic.writers.reduce((sum, { ambiguous }) => sum + ambiguous, 0);
    await kafka.freeze(0);
    try {
      // the others take over; a single one stands still until those who wait have given up
      if (count > 1) await traffic.flows(20, 60_000);
      else await until('an append has been given up', () => doubtful() > 0, SETTLED_WITHIN);
    } finally {
      await kafka.thaw(0);
    }
    await traffic.flows(50, FLOWS_WITHIN);
    await traffic.stop(FLOWS_WITHIN);
    expect(traffic.slowest).toBeLessThan(SETTLED_WITHIN);
    process.stderr.write(`a frozen broker of ${count}: stood still for ${traffic.stalls.join(', ')} ms; ${doubtful()} in doubt\n`);
    await Promise.all(
      traffic.writers.map(async ({ offsets, acknowledged }, p) => {
        const [record] = await log.read(traffic.topic, p, offsets.at(-1) ?? 0, 1);
        expect(record?.value).toBe(String(acknowledged.at(-1)));
      }),
    );
  });
};
