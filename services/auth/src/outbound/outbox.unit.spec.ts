import { AUTH_COLLECTIONS, type AuthRecord, TOPICS } from '@clatter/contract';
import { freeHost, ManualClock, MemoryCluster } from '@clatter/memory';
import { SILENT } from '@clatter/ports';
import { expect, it } from 'vitest';
import { outboxPart } from './outbox.ts';

const SESSIONS = AUTH_COLLECTIONS.sessions.name;
const record = (version: number): AuthRecord => ({ id: `r${version}`, version, at: 0, name: 'session.opened', user: 'anna', data: null });

it('a process that clears late takes nothing away that came since', async () => {
  const clock = new ManualClock();
  const cluster = new MemoryCluster();
  const quick = freeHost('quick', clock);
  const held: (() => void)[] = [];
  const slow = {
    ...freeHost('slow', clock),
    step: (label: string) => (label.startsWith('append ') ? new Promise<void>((resolve) => held.push(resolve)) : quick.step(label)),
  };
  const store = cluster.store(quick);
  await cluster.log(quick).ensureTopics([TOPICS.authEvents], 1);
  await store.ensure(Object.values(AUTH_COLLECTIONS));
  await store.put(SESSIONS, 's', { rev: 1, outbox: [record(1)], outboxWaiting: 1 });

  const part = (host: typeof slow) => outboxPart({ log: cluster.log(host), store: cluster.store(host), clock, everyMs: 500, report: SILENT });
  const late = part(slow);
  late.kick();
  await expect.poll(() => held.length).toBe(1); // it has read the outbox and not yet appended it
  const first = part(quick);
  first.kick();
  await expect.poll(async () => (await store.get(SESSIONS, 's'))?.outbox).toEqual([]);
  const cleared = await store.get(SESSIONS, 's');
  await store.put(SESSIONS, 's', { ...cleared, rev: (cleared?.rev ?? 0) + 1, outbox: [record(2)], outboxWaiting: 1 });
  held.splice(0).forEach((go) => {
    go();
  });
  await late.stop();
  expect((await store.get(SESSIONS, 's'))?.outbox).toEqual([record(2)]);
});

it('what waits is appended in its order, and cleared only then; a log that fails holds it back, whole', async () => {
  const clock = new ManualClock();
  const cluster = new MemoryCluster();
  const host = freeHost('auth', clock);
  const store = cluster.store(host);
  const log = cluster.log(host);
  await log.ensureTopics([TOPICS.authEvents], 1);
  await store.ensure(Object.values(AUTH_COLLECTIONS));
  await store.put(SESSIONS, 's', { rev: 3, outbox: [record(1), record(2), record(3)], outboxWaiting: 1 });
  let away = true;
  const part = outboxPart({
    log: { ...log, append: (...args) => (away ? Promise.reject(new Error('the log is away')) : log.append(...args)) },
    store,
    clock,
    everyMs: 500,
    report: SILENT,
  });
  await part.start();
  await clock.advance(1_000);
  expect((await store.get(SESSIONS, 's'))?.outbox).toHaveLength(3);
  away = false;
  await clock.advance(500);
  await expect.poll(async () => (await store.get(SESSIONS, 's'))?.outbox).toEqual([]);
  const { records } = cluster.partition(TOPICS.authEvents.name, 0);
  expect(records.map((r) => (JSON.parse(r.value) as AuthRecord).version)).toEqual([1, 2, 3]);
  expect(new Set(records.map((r) => r.headers.ch))).toEqual(new Set(['user/anna']));
  expect(await store.get(SESSIONS, 's')).not.toHaveProperty('outboxWaiting');
  await part.stop();
});
