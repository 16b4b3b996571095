import { TOPICS } from '@clatter/contract';
import { freeHost, ManualClock, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import { type EventLog, LogError, SILENT, type TailOptions, UNMEASURED } from '@clatter/ports';
import { expect, it } from 'vitest';
import { wireRouters } from './wire.ts';

it("an edge's own routers read their topics and take its feeds; one that can not go on keeps it from being ready, but for presence", async () => {
  const clock = new ManualClock();
  const cluster = new MemoryCluster();
  const host = freeHost('edge', clock);
  const real = cluster.log(host);
  await real.ensureTopics(Object.values(TOPICS), 2);
  const tails: TailOptions[] = [];
  const log: EventLog = {
    ...real,
    tail: async (options) => {
      tails.push(options);
      return { heardAt: () => clock.now(), close: async () => {} };
    },
  };
  const feeds = new MemoryFeeds();
  const ids = { random: () => 0.5, uuid7: () => '', name: () => 'n' };
  const report = { log: SILENT, metrics: UNMEASURED };
  const routers = wireRouters({ log, store: cluster.store(host), clock, ids, listener: feeds.listener(), report });
  await expect(feeds.dialer().dial('messaging')).rejects.toThrow('no router');
  for (const router of routers) await router.start();
  expect(tails.map(({ from }) => Object.keys(from))).toEqual([
    ['messaging.events', 'messaging.marks', 'messaging.ephemeral'],
    ['auth.events'],
    ['presence.events'],
  ]);
  for (const service of ['messaging', 'auth', 'presence'] as const) await feeds.dialer().dial(service);
  const reasons = (): string[] => routers.flatMap((router) => router.notReady?.() ?? []);
  expect(reasons()).toEqual([]);
  for (const { failed } of tails) failed(new LogError('fatal', 'it is gone'));
  expect(reasons()).toEqual(['it is gone', 'it is gone']);
  for (const router of routers) await router.stop();
  await expect(feeds.dialer().dial('messaging')).rejects.toThrow('no router');
});
