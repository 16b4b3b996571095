import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StoreUnavailable } from '@clatter/ports';
import { documentStoreContract } from '@clatter/ports/contract';
import { expect, it } from 'vitest';
import { openSqliteStore, SQLITE_STORE_LIMITS } from './store.ts';

for (const durable of [false, true]) {
  documentStoreContract(`SQLite, ${durable ? 'durable' : 'rebuildable'}`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'clatter-store-'));
    const store = openSqliteStore({ path: join(folder, 'store.sqlite'), durable });
    return {
      store,
      close: async () => {
        await store.close();
        rmSync(folder, { recursive: true });
      },
    };
  });
}

it('a file that can not be opened refuses every call, and tells', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  writeFileSync(join(folder, 'store.sqlite'), 'this is no database, however long one looks at it'.repeat(100));
  let told: Error | undefined;
  const died = (error: Error): void => {
    told = error;
  };
  const store = openSqliteStore({ path: join(folder, 'store.sqlite'), durable: false, died });
  await expect(store.ping()).rejects.toThrow(StoreUnavailable);
  expect(told?.message).toContain('not a database');
  await expect(store.ping()).rejects.toThrow('can not be used');
  rmSync(folder, { recursive: true });
});

it('a call that breaks the transaction fails alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  const store = openSqliteStore({ path: join(folder, 'store.sqlite'), durable: false });
  await store.ensure([{ name: 'things', indexes: [] }]);
  const done = await Promise.allSettled([
    store.put('things', 'a', { rev: 1 }),
    store.put('things', 'b', { rev: 1.5 }), // a column of integers
    store.ensure([{ name: 'others', indexes: [] }]),
    store.put('others', 'c', { rev: 1 }),
  ]);
  expect(done.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(await store.getMany('things', ['a', 'b'])).toEqual([{ rev: 1 }, undefined]);
  expect(await store.get('others', 'c')).toEqual({ rev: 1 });
  await store.close();
  rmSync(folder, { recursive: true });
});

it('limit sqliteStore.calls: beyond it calls are refused, and those before it carried out', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'clatter-store-'));
  const store = openSqliteStore({ path: join(folder, 'store.sqlite'), durable: false });
  await store.ensure([{ name: 'things', indexes: [] }]);
  const most = SQLITE_STORE_LIMITS.calls.value;
  const taken = Array.from({ length: most }, (_, i) => store.put('things', `k${i % 100}`, { rev: i }));
  await expect(store.get('things', 'k0')).rejects.toThrow(StoreUnavailable);
  expect((await Promise.all(taken)).filter(Boolean)).toHaveLength(most);
  expect(await store.get('things', 'k0')).toEqual({ rev: most - 100 });
  await store.close();
  rmSync(folder, { recursive: true });
});
