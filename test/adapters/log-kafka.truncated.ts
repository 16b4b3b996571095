import { type EventLog, LogError, type LogRecord } from '@clatter/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { deleteBelow } from './admin.kafka.ts';
import { durableTopic, openTestLog } from './kafkaLog.ts';

const PREFIX = `t${process.pid}.`;
const BELOW = /below the log's start/;

/** A log whose start moves (retention, an operator) above the place of somebody who reads it. */
export const withATruncatedLog = (running: () => RunningKafka): void => {
  let log: EventLog;
  beforeAll(async () => {
    log = await openTestLog(running().brokers, PREFIX);
  });
  afterAll(() => log?.close());

  const fill = (topic: string, count: number): Promise<unknown> =>
    log.append(
      topic,
      0,
      Array.from({ length: count }, () => ({ key: 'k', headers: {}, value: 'v' })),
    );

  /** Offsets that were read of partition 0, and how it ended. */
  const reader = () => {
    const [offsets, failures]: [number[], LogError[]] = [[], []];
    return {
      offsets,
      failures,
      records: (_topic: string, p: number, records: readonly LogRecord[]): void => {
        if (p === 0) offsets.push(...records.map(({ offset }) => offset));
      },
      failed: (error: LogError): void => void failures.push(error),
    };
  };

  it('the start of the log moves above a paused reader: it fails when it goes on, and the others read on', { timeout: 60_000 }, async () => {
    const [topic, beside] = ['truncated', 'beside'];
    await log.ensureTopics([durableTopic(topic), durableTopic(beside)], 2);
    await fill(topic, 20);
    const [paused, same, other] = [reader(), reader(), reader()];
    const member = await log.join({
      group: 'truncated',
      topics: [topic],
      handler: { ...paused, assigned: async () => ({ [topic]: 0 }), revoked: async () => {} },
    });
    const tails = [await log.tail({ from: { [topic]: [0, 0] }, ...same }), await log.tail({ from: { [beside]: [0, 0] }, ...other })];
    await until('all are at the end', () => paused.offsets.length === 20 && same.offsets.length === 20);
    member.pause(topic, 0);
    await fill(topic, 80);
    await until('the one that goes on has read it', () => same.offsets.length === 100);
    await deleteBelow(running().brokers, PREFIX + topic, 0, 60);
    await until('the log begins later', async () => (await log.ends(topic))[0]?.start === 60);
    member.resume(topic, 0);
    await until('it has failed', () => paused.failures.length > 0);
    expect(paused.failures[0]).toMatchObject({ kind: 'fatal', message: expect.stringMatching(BELOW) });
    expect(Math.max(...paused.offsets)).toBeLessThan(60); // nothing was skipped silently
    await Promise.all([fill(topic, 10), fill(beside, 10)]);
    await until('the others read on', () => same.offsets.length === 110 && other.offsets.length === 10);
    expect(same.offsets).toEqual(Array.from({ length: 110 }, (_, offset) => offset));
    expect([...same.failures, ...other.failures]).toEqual([]);
    await Promise.all([member.leave(), ...tails.map((tail) => tail.close())]);
  });

  it('who begins below the start of the log is told so, whichever way it reads', { timeout: 60_000 }, async () => {
    const topic = 'begun.below';
    await log.ensureTopics([durableTopic(topic)], 2);
    await fill(topic, 20);
    await deleteBelow(running().brokers, PREFIX + topic, 0, 10);
    const told = { kind: 'fatal', message: expect.stringMatching(BELOW) };
    await expect(log.read(topic, 0, 5, 10)).rejects.toMatchObject(told);
    const tailing = reader();
    const tail = await log.tail({ from: { [topic]: [5, 0] }, ...tailing }).catch((error: unknown) => {
      if (!(error instanceof LogError)) throw error;
      tailing.failed(error);
    });
    await until('the tail has failed', () => tailing.failures.length > 0);
    expect(tailing.failures[0]).toMatchObject(told);
    await tail?.close();
    const joining = reader();
    const member = await log.join({
      group: 'below',
      topics: [topic],
      handler: { ...joining, assigned: async (p) => ({ [topic]: p === 0 ? 5 : 0 }), revoked: async () => {} },
    });
    await until('the member has failed', () => joining.failures.length > 0);
    expect(joining.failures[0]).toMatchObject(told);
    expect([...tailing.offsets, ...joining.offsets]).toEqual([]);
    await member.leave();
    expect((await log.read(topic, 0, 10, 1))[0]?.offset).toBe(10);
  });
};
