import type { EventLog } from '@clatter/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { LocalKafka } from '../testbed/kafka.local.ts';
import { openTestLog } from './kafkaLog.ts';
import { Traffic } from './traffic.ts';

const FLOWS_WITHIN = 30_000;

/** Incremental fetch sessions (KIP-227) that a broker holds now. */
const sessionsOf = (kafka: LocalKafka): Promise<number> => kafka.metric(0, 'kafka.server:type=FetchSessionCache,name=NumIncrementalFetchSessions', 'Value');

/** Reading in sessions of the broker, which may end at any time. */
export const withSessions = (running: () => LocalKafka): void => {
  let log: EventLog;
  beforeAll(async () => {
    log = await openTestLog(running().brokers, `s${process.pid}.`);
  });
  afterAll(() => log?.close());

  it('the broker grants a fetch session', { timeout: 60_000 }, async () => {
    const traffic = await Traffic.start(log, 'granted', 4, 50);
    await until('a session is granted', async () => (await sessionsOf(running())) >= 1);
    await traffic.stop(FLOWS_WITHIN);
  });

  it('sessions that are given up, since the broker stood still, are closed', { timeout: 120_000 }, async () => {
    const traffic = await Traffic.start(log, 'given.up', 4, 50);
    await traffic.flows(5, FLOWS_WITHIN);
    const before = await sessionsOf(running());
    for (let i = 0; i < 2; i++) {
      await running().freeze(0);
      await new Promise((resolve) => setTimeout(resolve, 5_000)); // longer than an answer may be late
      await running().thaw(0);
      await traffic.flows(5, FLOWS_WITHIN);
    }
    expect(await sessionsOf(running())).toBe(before);
    await traffic.stop(FLOWS_WITHIN);
  });

  it('a broker that has lost its sessions: all is read without a gap', { timeout: 120_000 }, async () => {
    const traffic = await Traffic.start(log, 'lost', 4, 10);
    await running().kill(0);
    await running().restart(0);
    await traffic.flows(20, FLOWS_WITHIN);
    await traffic.stop(FLOWS_WITHIN);
  });
};

/** A broker that has no room for a session. */
export const withoutSessions = (running: () => LocalKafka, open: () => Promise<EventLog>): void => {
  let logs: EventLog[] = [];
  beforeAll(async () => {
    logs = await Promise.all([open(), open()]);
  });
  afterAll(() => Promise.all(logs.map((log) => log.close())));

  it('a broker that grants no fetch session is read all the same, by several at once', { timeout: 60_000 }, async () => {
    const traffics = await Promise.all(logs.map((log, i) => Traffic.start(log, `refused${i}`, 4, 10)));
    await Promise.all(traffics.map((traffic) => traffic.flows(20, FLOWS_WITHIN)));
    expect(await sessionsOf(running())).toBe(0);
    for (const traffic of traffics) await traffic.stop(FLOWS_WITHIN);
  });
};
