import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clock, type Ids, SILENT } from '@clatter/ports';
import { eventLogContract } from '@clatter/ports/contract';
import { expect, it } from 'vitest';
import { openSqliteLog, type SqliteLogOptions } from './log.ts';

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
