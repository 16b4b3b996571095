import { expect, it } from 'vitest';
import { Cells } from '../../libs/engine/src/owner/cells.ts';
import { Bed, EVENTS } from './bed.ts';
import { Counters } from './counters.ts';

it('a flush that ends while a batch is decided takes no cell from under it (P2, P3)', async () => {
  const bed = await new Bed().start();
  const counters = new Counters(bed);
  let seed = 1;
  /** Answers come so many microtasks later, as the answers of one message from a store's thread do. */
  const step = async (): Promise<void> => {
    seed = (seed * 48_271) % 2_147_483_647; // minstd
    for (let left = seed % 12; left > 0; left--) await undefined;
  };
  const store = bed.cluster.store({ name: 'host', clock: bed.clock, step });
  const owner = counters.owner({ store, settings: { cellBytes: 0, flushEvents: 2, batchCommands: 4 } });
  void owner.start();
  for (let i = 0; i < 400; i++) await counters.count(`k${(i * 7) % 5}`);
  await bed.until('all are counted', () => counters.total === 400);
  for (const [key, values] of counters.counted()) expect(values, key).toEqual(values.map((_, i) => i + 1));
  await owner.stop();
});

it('a long log without stored state is replayed in bounded memory: what it makes is stored on the way (P7)', async () => {
  const bed = await new Bed().start();
  const counters = new Counters(bed);
  const first = counters.owner();
  void first.start();
  for (let i = 0; i < 600; i++) await counters.count(`k${i}`);
  await bed.until('all are counted', () => counters.total === 600);
  await first.stop();
  for (const name of ['messaging.state', 'messaging.fences']) await bed.ports.store.drop(name);
  const { log } = bed.ports;
  let stored: number | undefined;
  const append: typeof log.append = (topic, partition, records) => {
    if (topic === EVENTS) stored ??= bed.cluster.documents('messaging.state').size; // its claim, after the replay
    return log.append(topic, partition, records);
  };
  const second = counters.owner({ log: { ...log, append }, settings: { dirtyCells: 100 } });
  void second.start();
  await counters.count('k0');
  await counters.count('k599');
  await bed.until('they are counted', () => counters.total === 602);
  expect(stored).toBeGreaterThanOrEqual(500); // of 600: the rest is less than what may be unwritten
  expect(counters.counted().get('k0')).toEqual([1, 2]);
  expect(counters.counted().get('k599')).toEqual([1, 2]);
  await second.stop();
});

it('an answer of the store that comes late does not undo what was stored meanwhile', async () => {
  const bed = await new Bed().start();
  const { store, log } = bed.ports;
  await store.ensure([{ name: 'state', indexes: [] }]);
  await store.put('state', '0/a', { rev: 1, logId: log.logId, cell: { value: 1 } });
  let slow: Promise<void> | undefined;
  const getMany: typeof store.getMany = async (collection, keys) => {
    const found = await store.getMany(collection, keys);
    await slow;
    return found;
  };
  const cells = new Cells(Object.assign(Object.create(store) as typeof store, { getMany, putMany: store.putMany.bind(store) }), 'state', 0, log.logId, 0, {});
  let answer = (): void => {};
  slow = new Promise((resolve) => {
    answer = resolve;
  });
  const sweeping = cells.load(['a']);
  await new Promise((resolve) => setImmediate(resolve));
  slow = undefined;
  await cells.load(['a']);
  const changes = [{ cell: 'a', to: () => ({ value: 2 }) }];
  cells.apply(changes);
  cells.confirm(changes, 2);
  const taken = cells.take();
  await cells.write(taken);
  cells.written(taken);
  cells.evict();
  answer();
  await sweeping;
  await cells.load(['a']);
  expect(cells.get('a')).toEqual({ value: 2 });
});
