import { cpus } from 'node:os';
import { join } from 'node:path';
import { TOPICS } from '@clatter/contract';
import { REBUILD_DEFAULTS, Rebuild } from '@clatter/engine';
import { messagingCollections, messagingProjector, messagingTopicOf } from '@clatter/messaging';
import { type DocumentStore, type EventLog, SILENT, UNMEASURED } from '@clatter/ports';
import { systemClock as clock, systemIds as ids } from '@clatter/runtime';
import { openSqliteLog, openSqliteStore } from '@clatter/sqlite';
import { openMongoStore } from '@clatter/store-mongo';
import { MEMBERS, Rooms } from '../test/engine/rooms.ts';
import { dataFolder } from '../test/flow/harness.ts';
import { startMongo } from '../test/testbed/mongo.ts';
import type { Row } from './figures.ts';
import type { Options } from './options.ts';

export type RebuildResult = {
  readonly mode: 'rebuild';
  readonly store: 'sqlite' | 'mongo';
  readonly cores: number;
  readonly events: number;
  readonly rooms: number;
  readonly seconds: number;
  /** events per second, read from the log, projected and written */
  readonly rate: number;
  /** processor time of the rebuild, all threads */
  readonly cpuSeconds: number;
  /** documents that the comparison of both generations found equal, and how long it took */
  readonly compared: number;
  readonly compareSeconds: number;
  readonly equal: boolean;
};

const PARTITIONS = 4;

/** Fills a log on SQLite with messages in rooms of ten, builds the read models once, and then measures a rebuild beside them. */
export const benchRebuild = async (events: number, count: number, on: 'sqlite' | 'mongo'): Promise<RebuildResult> => {
  const data = dataFolder();
  const mongo = on === 'mongo' ? await startMongo() : undefined;
  const log = await openSqliteLog({ path: join(data.path, 'log.sqlite'), clock, ids, log: SILENT, died: () => process.exit(1) });
  const store = mongo
    ? await openMongoStore({ url: mongo.url, database: 'bench' })
    : openSqliteStore({ path: join(data.path, 'store.sqlite'), durable: false });
  try {
    await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    const rooms = new Rooms(log, count, PARTITIONS);
    await rooms.claim();
    await rooms.write(events);
    return { mode: 'rebuild', store: on, cores: cpus().length, rooms: count, ...(await measure(log, store, on, events)) };
  } finally {
    await log.close();
    await store.close();
    await mongo?.stop();
    data.remove();
  }
};

const measure = async (log: EventLog, store: DocumentStore, on: 'sqlite' | 'mongo', events: number) => {
  const projector = messagingProjector(
    { log, store, clock, ids, report: { log: SILENT, metrics: UNMEASURED } },
    on === 'sqlite' ? { pollMs: 20, buildRecords: 5_000, queuedRecords: 20_000 } : { pollMs: 20 }, // as `clatter rebuild` without a server; as a service
  );
  await projector.start();
  const work = new Rebuild({
    service: 'messaging',
    collections: messagingCollections,
    topicOf: messagingTopicOf,
    ...REBUILD_DEFAULTS,
    store,
    clock,
  });
  await work.serves();
  const building = await work.begin();
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work.caughtUp(building, () => {}, { close: 0, every: 20 });
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const comparing = performance.now();
  const { documents, different } = await work.compare(building);
  const compareSeconds = (performance.now() - comparing) / 1_000;
  await projector.stop();
  const round = (n: number): number => Math.round(n * 100) / 100;
  return {
    events,
    seconds: round(seconds),
    rate: Math.round(events / seconds),
    cpuSeconds: round((user + system) / 1e6),
    compared: documents,
    compareSeconds: round(compareSeconds),
    equal: different === 0,
  };
};

const ROOMS = 1_000;

export const runRebuild = async ({ events, store, repeat }: Options, row: (row: Row) => void): Promise<void> => {
  const alive = setInterval(() => {}, 60_000); // timers of the clock keep no process alive
  for (let i = 0; i < repeat; i++) {
    const { equal, ...rest } = await benchRebuild(events, Math.min(ROOMS, Math.ceil(events / MEMBERS)), store);
    if (!equal) throw new Error('the rebuilt read models differ from those that serve');
    row(rest);
  }
  clearInterval(alive);
};
