import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Ids, SILENT } from '@clatter/ports';
import { eventLogContract } from '@clatter/ports/contract';
import { expect, it } from 'vitest';
import { openSqliteLog, SQLITE_LIMITS, type SqliteLogOptions } from './log.ts';
import { KEPT, Stream } from './stream.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
let n = 0;
const ids: Ids = { random: Math.random, uuid7: () => String(++n), name: () => `name${++n}` };
const options = (folder: string): SqliteLogOptions => ({
  path: join(folder, 'log.sqlite'),
  clock,
  ids,
  log: SILENT,
  died: (error) => {
    throw error;
  },
});

eventLogContract('SQLite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  const log = await openSqliteLog(options(folder));
  return {
    log,
    sharedGroups: false,
    close: async () => {
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
});

it('keeps its identity, offsets and records when it is opened again; a second process is told that it is in use', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  const spec = {
    name: 't',
    service: 'messaging',
    key: 'conversation',
    cleanup: 'delete',
    durability: 'durable',
    fenced: false,
    writer: '',
    readers: '',
  } as const;
  const first = await openSqliteLog(options(folder));
  await first.ensureTopics([spec], 1);
  await first.append('t', 0, [{ key: 'k', headers: { a: 'b' }, value: 'one' }]);
  await expect(openSqliteLog(options(folder))).rejects.toThrow('in use by another process');
  await first.close();
  const second = await openSqliteLog(options(folder));
  await second.ensureTopics([spec], 1);
  expect(second.logId).toBe(first.logId);
  expect(await second.append('t', 0, [{ key: 'k', headers: {}, value: 'two' }])).toBe(1);
  expect((await second.read('t', 0, 0, 10)).map((r) => r.value)).toEqual(['one', 'two']);
  await second.close();
  rmSync(folder, { recursive: true });
});

it('limits sqlite.waiting, sqlite.record: beyond them an append is refused, and what was taken is there', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  const log = await openSqliteLog(options(folder));
  await log.ensureTopics(
    [{ name: 't', service: 'messaging', key: 'user', cleanup: 'delete', durability: 'durable', fenced: false, writer: '', readers: '' }],
    1,
  );
  const record = (size: number) => ({ key: 'k', headers: {}, value: 'x'.repeat(size) });
  await expect(log.append('t', 0, [record(SQLITE_LIMITS.record.value + 1)])).rejects.toMatchObject({ kind: 'fatal' });
  const most = SQLITE_LIMITS.waiting.value / SQLITE_LIMITS.record.value;
  const taken = Array.from({ length: most }, () => log.append('t', 0, [record(SQLITE_LIMITS.record.value)]));
  await expect(log.append('t', 0, [record(1)])).rejects.toMatchObject({ kind: 'retriable' });
  await Promise.all(taken);
  expect((await log.ends('t'))[0]?.end).toBe(most);
  await log.append('t', 0, [record(1)]);
  await log.close();
  rmSync(folder, { recursive: true });
});

it('limit sqlite.kept: what is beyond it goes out of memory once it is written, and is read from the file', async () => {
  const stream = new Stream(
    { name: 't', service: 'messaging', key: 'user', cleanup: 'delete', durability: 'durable', fenced: false, writer: '', readers: '' },
    { topic: 't', partition: 0, stream: 1, start: 0, next: 0, at: 0 },
    undefined as never,
  );
  const large = 1024 * 1024;
  for (let i = 0; i < 20; i++) stream.place('k', {}, 'x'.repeat(large), 1);
  stream.show(20);
  expect(stream.size).toBe(20 * large); // nothing of it is written: all of it is still needed
  stream.forget(5);
  expect(stream.size).toBe(15 * large);
  expect([stream.recent(4, 1), stream.recent(5, 1)?.length]).toEqual([undefined, 1]);
  stream.forget(20);
  expect(stream.size).toBe(KEPT.size);
  expect(stream.recent(19, 100)?.map((r) => r.offset)).toEqual([19]);
  for (let i = 0; i < KEPT.records + 100; i++) stream.place('k', {}, '', 1);
  stream.forget(Number.POSITIVE_INFINITY);
  expect(stream.recent(20 + 99, 1)).toBeUndefined();
});

it('queued records, for whose commit nobody waits, are all in the file after a close', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  const spec = { service: 'messaging', key: 'conversation', cleanup: 'delete', fenced: false, writer: '', readers: '' } as const;
  const topics = [
    { ...spec, name: 'commands', durability: 'queued' },
    { ...spec, name: 'events', durability: 'durable' },
  ] as const;
  const record = (value: string) => ({ key: 'k', headers: {}, value });
  const first = await openSqliteLog(options(folder));
  await first.ensureTopics(topics, 1);
  await first.append('commands', 0, [record('one')]);
  await first.append('events', 0, [record('of one')]);
  await first.append('commands', 0, [record('two'), record('three')]);
  await first.close();
  const second = await openSqliteLog(options(folder));
  await second.ensureTopics(topics, 1);
  expect((await second.read('commands', 0, 0, 10)).map((r) => r.value)).toEqual(['one', 'two', 'three']);
  expect((await second.read('events', 0, 0, 10)).map((r) => r.value)).toEqual(['of one']);
  await second.close();
  rmSync(folder, { recursive: true });
});

it('a clock that is set back keeps no append waiting', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  let later = 0;
  const log = await openSqliteLog({ ...options(folder), clock: { ...clock, now: () => Date.now() + later } });
  const spec = { service: 'messaging', key: 'conversation', cleanup: 'delete', fenced: false, writer: '', readers: '' } as const;
  await log.ensureTopics([{ ...spec, name: 'events', durability: 'durable' }], 1);
  await log.append('events', 0, [{ key: 'k', headers: {}, value: 'before' }]);
  later = -3_600_000;
  await log.append('events', 0, [{ key: 'k', headers: {}, value: 'after' }]);
  expect((await log.read('events', 0, 0, 10)).map(({ value }) => value)).toEqual(['before', 'after']);
  await log.close();
  rmSync(folder, { recursive: true });
}, 5_000);

it('all that is beyond its retention goes, and a register keeps the newest of each key, however many there are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-log-'));
  let later = 0;
  const open = () => openSqliteLog({ ...options(folder), clock: { ...clock, now: () => Date.now() + later } });
  const spec = { service: 'messaging', key: 'conversation', durability: 'durable', fenced: false, writer: '', readers: '' } as const;
  const specs = [
    { ...spec, name: 'old', cleanup: 'delete', retention: 60_000 },
    { ...spec, name: 'register', cleanup: 'compact' },
  ] as const;
  const first = await open();
  await first.ensureTopics(specs, 1);
  const append = async (topic: string, count: number, keys: number): Promise<void> => {
    for (let i = 0; i < count; i += 1_000)
      await first.append(
        topic,
        0,
        Array.from({ length: 1_000 }, (_, j) => ({ key: `k${(i + j) % keys}`, headers: {}, value: `${i + j}` })),
      );
  };
  await append('old', 120_000, 1);
  await append('register', 80_000, 40_000);
  await first.close();
  later = 120_000;
  const second = await open();
  await second.ensureTopics(specs, 1); // pair by pair it would take minutes
  expect(await second.ends('old')).toEqual([{ start: 119_999, end: 120_000 }]);
  const kept = await second.read('register', 0, 0, 100_000);
  expect(kept.map(({ offset }) => offset)).toEqual(Array.from({ length: 40_000 }, (_, i) => 40_000 + i));
  await second.close();
  rmSync(folder, { recursive: true });
}, 60_000);
