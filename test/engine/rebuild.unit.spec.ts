import { REBUILD_DEFAULTS, Rebuild, RebuildError, resetDerived } from '@clatter/engine';
import { messagingCollections, messagingTopicOf } from '@clatter/messaging';
import type { Document, DocumentStore, Part } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { Bed, DIRECT } from './bed.ts';

/** Three messages, projected into generation 1. */
const site = async (): Promise<{ bed: Bed; projector: Part; work: Rebuild }> => {
  const bed = await new Bed().start();
  const projector = bed.projector();
  await projector.start();
  await bed.claim(1);
  for (let i = 0; i < 3; i++) await bed.record(1, i, 3 + i);
  await bed.until('all is projected', () => bed.cluster.documents('messages.g1').size === 3);
  return { bed, projector, work: rebuildOf(bed, bed.ports.store) };
};

const rebuildOf = (bed: Bed, store: DocumentStore): Rebuild =>
  new Rebuild({ service: 'messaging', collections: messagingCollections, topicOf: messagingTopicOf, ...REBUILD_DEFAULTS, store, clock: bed.clock });

/** Awaits what needs the clock to move. */
const moving = async <T>(bed: Bed, promise: Promise<T>): Promise<T> => {
  let settled = false;
  const done = promise.finally(() => {
    settled = true;
  });
  done.catch(() => {});
  await bed.until('it ends', () => settled, 100);
  return done;
};

describe('a rebuild', () => {
  it('is compared, switched to, and what it replaced is dropped when everybody has seen it', async () => {
    const { bed, work } = await site();
    const building = await work.begin();
    await moving(
      bed,
      work.caughtUp(building, () => {}, { close: 0, every: 50 }),
    );
    const { documents, different, sums } = await moving(bed, work.compare(building));
    expect({ documents, different }).toEqual({ documents: 6, different: 0 });
    expect(sums.new).toBe(sums.old);
    await work.switchTo(building);
    const switched = bed.clock.now();
    await bed.record(1, 3, 6); // both are kept up to date
    await bed.until('both have it', () => ['messages.g1', 'messages.g2'].every((name) => bed.cluster.documents(name).size === 4));
    await moving(bed, work.finish());
    expect(bed.clock.now() - switched).toBeGreaterThanOrEqual(25_000);
    expect(bed.cluster.documents('messages.g1').size).toBe(0);
    expect(await work.state()).toEqual({ rev: 4, serving: 2, last: 2 });
  });

  it('names the documents that differ: changed, missing, too many', async () => {
    const { bed, work } = await site();
    const { store } = bed.ports;
    const message = (await store.get('messages.g1', `${DIRECT}|000000000002`)) as Document;
    await store.drop('messages.g1');
    await store.ensure([{ name: 'messages.g1', indexes: [] }]);
    await store.put('messages.g1', `${DIRECT}|000000000002`, { ...message, text: 'forged' });
    await store.put('messages.g1', `${DIRECT}|000000000009`, message);
    const building = await work.begin();
    await moving(
      bed,
      work.caughtUp(building, () => {}, { close: 0, every: 50 }),
    );
    const { different, differences, sums } = await moving(bed, work.compare(building));
    expect(different).toBe(4);
    expect(sums.new).not.toBe(sums.old);
    const said = differences.map(({ key, old, new: built }) => [key.slice(-1), old?.text ?? 'missing', built?.text ?? 'missing']);
    expect(said.sort()).toEqual([
      ['1', 'missing', 'm3'],
      ['2', 'forged', 'm4'],
      ['3', 'missing', 'm5'],
      ['9', 'm4', 'missing'],
    ]);
    await moving(bed, work.abandon());
    expect(await work.state()).toMatchObject({ serving: 1, last: 2 });
    expect((await work.begin()) satisfies number).toBe(3); // a number is never used twice
  });

  it('compares a document that never rests at a state that both generations have had', async () => {
    const { bed, work } = await site();
    const building = await work.begin();
    await moving(
      bed,
      work.caughtUp(building, () => {}, { close: 0, every: 50 }),
    );
    const { store } = bed.ports;
    let reads = 0;
    // at every look the new one is where the old one was at the look before
    const restless: Partial<DocumentStore> = {
      getMany: async (collection, keys) =>
        (await store.getMany(collection, keys)).map((doc) => doc && (collection === 'conversations.g2' ? { ...doc, rev: doc.rev + 1_000 } : doc)),
      get: async (collection, key) => {
        const doc = await store.get(collection, key);
        if (!doc || !collection.startsWith('conversations')) return doc;
        const look = Math.floor(reads++ / 2);
        return { ...doc, rev: doc.rev + 1_010 + 10 * (collection === 'conversations.g1' ? look : look - 1) };
      },
    };
    const raced = new Proxy(store, {
      get: (target, name) => restless[name as keyof DocumentStore] ?? (target[name as keyof DocumentStore] as () => unknown).bind(target),
    });
    const { documents, different } = await moving(bed, rebuildOf(bed, raced).compare(building));
    expect({ documents, different }).toEqual({ documents: 6, different: 0 });
    expect(reads).toBe(4);
  });

  it('that nobody works on says so, and is gone on with later', async () => {
    const { bed, projector, work } = await site();
    await projector.stop();
    const building = await work.begin();
    await expect(
      moving(
        bed,
        work.caughtUp(building, () => {}, { close: 0, every: 50 }),
      ),
    ).rejects.toThrow(RebuildError);
    expect(await work.begin()).toBe(building);
  });

  it('has nothing to go by before the first generation serves', async () => {
    const { bed, projector, work } = await site();
    await projector.stop();
    await resetDerived(bed.ports.store, { service: 'messaging', collections: messagingCollections, more: [] });
    await expect(work.begin()).rejects.toThrow('no read models of messaging serve yet');
    expect(bed.cluster.documents('messages.g1').size).toBe(0);
    const again = bed.projector();
    void again.start();
    await bed.until('the next generation serves', async () => {
      const now = await bed.ports.store.get('messaging.generations', 'now');
      return now?.serving === 2;
    });
    expect(bed.cluster.documents('messages.g2').size).toBe(3);
  });
});
