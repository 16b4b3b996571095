import { TOPICS } from '@clatter/contract';
import type { GroupHandler } from '@clatter/ports';
import { expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { openTestLog } from './kafkaLog.ts';

const PARTITIONS = 24;
const all = Array.from({ length: PARTITIONS }, (_, p) => p);
const names: readonly string[] = Object.values(TOPICS).map(({ name }) => name);
const messaging = Object.values(TOPICS).flatMap(({ name, service }) => (service === 'messaging' ? [name] : []));

/** What a cluster does in its first seconds, while the broker still gives leaders to partitions that were just made. */
export const withManyPartitions = (running: () => RunningKafka): void => {
  it(`${PARTITIONS} partitions of every topic, used as soon as they are made: nobody hears of a leader that is not there yet`, {
    timeout: 60_000,
  }, async () => {
    const log = await openTestLog(running().brokers, `p${process.pid}.`);
    const empty = all.map(() => ({ start: 0, end: 0 }));
    await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    const ends = names.map(async (topic) => expect(await log.ends(topic)).toEqual(empty));
    const reads = names.flatMap((topic) => all.map(async (p) => expect(await log.read(topic, p, 0, 1)).toEqual([])));
    await Promise.all([...ends, ...reads]);
    const append = async (topic: string, p: number): Promise<void> => {
      expect(await log.append(topic, p, [{ key: 'k', headers: {}, value: `${topic}/${p}` }])).toBe(0);
    };
    const appends = Promise.all(names.flatMap((topic) => all.map((p) => append(topic, p))));
    const got = new Set<string>();
    const failures: string[] = [];
    const handler: GroupHandler = {
      assigned: async () => Object.fromEntries(messaging.map((topic) => [topic, 0])),
      revoked: async () => {},
      records: (_topic, _p, records) => {
        for (const { value } of records) got.add(value);
      },
      failed: ({ message }) => void failures.push(message),
    };
    const member = await log.join({ group: 'messaging', topics: messaging, handler });
    await appends;
    await until('a member has read every partition', () => failures.length > 0 || got.size === messaging.length * PARTITIONS);
    expect(failures).toEqual([]);
    await member.leave();
    await log.close();
  });
};
