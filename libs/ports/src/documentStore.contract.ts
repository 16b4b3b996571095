import type { CollectionSpec } from '@clatter/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Document, type DocumentStore, UniqueViolation } from './documentStore.ts';

/** What every DocumentStore must do; the numbers are the guarantees of the interface. */
export const documentStoreContract = (name: string, open: () => Promise<{ readonly store: DocumentStore; close(): Promise<void> }>): void => {
  describe(`DocumentStore: ${name}`, () => {
    let opened: Awaited<ReturnType<typeof open>>;
    let store: DocumentStore;
    let n = 0;

    beforeAll(async () => {
      opened = await open();
      store = opened.store;
    });
    afterAll(() => opened?.close());

    const collection = async (indexes: CollectionSpec['indexes'] = []): Promise<string> => {
      const spec = { name: `things${++n}.g1`, indexes };
      await store.ensure([spec]);
      return spec.name;
    };

    it('a put is admitted iff nothing is stored or the stored rev is smaller (1)', async () => {
      const things = await collection();
      expect(await store.get(things, 'a')).toBeUndefined();
      expect(await store.put(things, 'a', { rev: 5, text: 'five' })).toBe(true);
      expect(await store.put(things, 'a', { rev: 5, text: 'again' })).toBe(false);
      expect(await store.put(things, 'a', { rev: 4, text: 'older' })).toBe(false);
      expect(await store.get(things, 'a')).toEqual({ rev: 5, text: 'five' });
      expect(await store.put(things, 'a', { rev: 6, other: true })).toBe(true);
      expect(await store.get(things, 'a')).toEqual({ rev: 6, other: true });
    });

    it('of many writers of the same rev one is admitted (1)', async () => {
      const things = await collection();
      const done = await Promise.all(Array.from({ length: 10 }, (_, i) => store.put(things, 'a', { rev: 1, writer: i })));
      expect(done.filter(Boolean)).toHaveLength(1);
      expect(await store.get(things, 'a')).toEqual({ rev: 1, writer: done.indexOf(true) });
    });

    it('putMany answers each in its order, getMany in the order asked for', async () => {
      const things = await collection();
      await store.put(things, 'b', { rev: 9 });
      expect(
        await store.putMany(
          things,
          ['a', 'b', 'c'].map((key) => ({ key, doc: { rev: 3, key } })),
        ),
      ).toEqual([true, false, true]);
      expect(await store.getMany(things, ['c', 'x', 'b', 'a', 'c'])).toEqual([
        { rev: 3, key: 'c' },
        undefined,
        { rev: 9 },
        { rev: 3, key: 'a' },
        { rev: 3, key: 'c' },
      ]);
      expect(await store.putMany(things, [])).toEqual([]);
      expect(await store.getMany(things, [])).toEqual([]);
    });

    it('documents come back as they were put (4)', async () => {
      const things = await collection();
      const doc: Document = { rev: 1, text: 'ä🙂"\'$.x', list: [1, 'two', null, { three: [3] }], empty: {}, no: false, big: 2 ** 52, gone: true };
      await store.put(things, 'käy|1', doc);
      expect(await store.get(things, 'käy|1')).toEqual(doc);
    });

    it('ranges are ordered by their fields, in pages, in both directions; tombstones are in them (3)', async () => {
      const things = await collection([
        { name: 'byNumber', fields: ['owner', 'number'] },
        { name: 'byRev', fields: ['owner', 'rev'] },
      ]);
      const docs = [3, 20, 1, 100, 7].map((number, i) => ({
        key: `k${number}`,
        doc: { rev: 10 - i, owner: 'o', number, ...(number === 7 ? { gone: true as const } : {}) },
      }));
      await store.putMany(things, [...docs, { key: 'other', doc: { rev: 1, owner: 'p', number: 2 } }, { key: 'none', doc: { rev: 1, owner: 'o' } }]);
      const numbers = async (options: object): Promise<unknown[]> =>
        (await store.range(things, 'byNumber', { prefix: ['o'], limit: 10, ...options })).map(({ doc }) => doc.number);
      expect(await numbers({})).toEqual([1, 3, 7, 20, 100]);
      expect(await numbers({ limit: 2 })).toEqual([1, 3]);
      expect(await numbers({ after: [3] })).toEqual([7, 20, 100]);
      expect(await numbers({ order: 'desc', after: [20] })).toEqual([7, 3, 1]);
      expect(await numbers({ prefix: ['nobody'] })).toEqual([]);
      expect(await numbers({ prefix: ['o', 20] })).toEqual([20]);
      const changed = await store.range(things, 'byRev', { prefix: ['o'], after: [7], limit: 10 });
      expect(changed.map(({ doc }) => doc.rev)).toEqual([8, 9, 10]);
    });

    it('strings are ordered by code point, and an empty prefix ranges over all (3)', async () => {
      const things = await collection([{ name: 'byName', fields: ['name'] }]);
      await store.putMany(
        things,
        ['b', 'a', 'B', 'é', 'a1'].map((name) => ({ key: name, doc: { rev: 1, name } })),
      );
      const found = await store.range(things, 'byName', { prefix: [], limit: 10 });
      expect(found.map(({ key }) => key)).toEqual(['B', 'a', 'a1', 'b', 'é']);
      expect((await store.range(things, 'byName', { prefix: [], after: ['a'], limit: 1 })).map(({ key }) => key)).toEqual(['a1']);
    });

    it('a unique index refuses the second with a typed error, and lets the first go on', async () => {
      const things = await collection([{ name: 'byName', fields: ['name'], unique: true }]);
      await store.put(things, '1', { rev: 1, name: 'anna' });
      await expect(store.put(things, '2', { rev: 1, name: 'anna' })).rejects.toThrow(UniqueViolation);
      expect(await store.put(things, '1', { rev: 2, name: 'anna', more: 1 })).toBe(true);
      expect(await store.put(things, '2', { rev: 1, name: 'ben' })).toBe(true);
    });

    it('scan pages through everything by key; drop ends a collection, which can be made again', async () => {
      const things = await collection();
      await store.putMany(
        things,
        ['c', 'a', 'b'].map((key) => ({ key, doc: { rev: 1 } })),
      );
      expect((await store.scan(things, undefined, 2)).map(({ key }) => key)).toEqual(['a', 'b']);
      expect((await store.scan(things, 'b', 2)).map(({ key }) => key)).toEqual(['c']);
      await store.drop(things);
      await store.ensure([{ name: things, indexes: [] }]);
      expect(await store.scan(things, undefined, 10)).toEqual([]);
    });

    it('answers a ping, and refuses collections that were never declared', async () => {
      await store.ping();
      await expect(store.get('never', 'x')).rejects.toThrow();
    });
  });
};
