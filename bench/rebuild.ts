import { cpus } from 'node:os';
import { join } from 'node:path';
import { type EventRecord, TOPICS } from '@clatter/contract';
import { REBUILD_DEFAULTS, Rebuild } from '@clatter/engine';
import { encodeClaim, encodeEvent, makeUuid7, partitionOf } from '@clatter/kernel';
import { messagingCollections, messagingProjector, messagingTopicOf } from '@clatter/messaging';
import { type DocumentStore, type EventLog, SILENT, UNMEASURED } from '@clatter/ports';
import { systemClock as clock, systemIds as ids } from '@clatter/runtime';
import { openSqliteLog, openSqliteStore } from '@clatter/sqlite';
import { openMongoStore } from '@clatter/store-mongo';
import { Random } from '@clatter/testing';
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

const EVENTS = TOPICS.messagingEvents.name;
const PARTITIONS = 4;
const MEMBERS = 10;

/** Fills a log on SQLite with messages in rooms of ten, builds the read models once, and then measures a rebuild beside them. */
export const benchRebuild = async (events: number, rooms: number, on: 'sqlite' | 'mongo'): Promise<RebuildResult> => {
  const data = dataFolder();
  const mongo = on === 'mongo' ? await startMongo() : undefined;
  const log = await openSqliteLog({ path: join(data.path, 'log.sqlite'), clock, ids, log: SILENT, died: () => process.exit(1) });
  const store = mongo
    ? await openMongoStore({ url: mongo.url, database: 'bench' })
    : openSqliteStore({ path: join(data.path, 'store.sqlite'), durable: false });
  try {
    await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    const written = await fill(log, events, rooms);
    return { mode: 'rebuild', store: on, cores: cpus().length, rooms, ...(await measure(log, store, on, written)) };
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

/** Records as an owner writes them: a room is made by its first one, then its members write in turn. Answers how many there are. */
const fill = async (log: EventLog, events: number, rooms: number): Promise<number> => {
  const random = new Random(1);
  const heads = new Map<string, { seq: number; number: number }>();
  const keys = Array.from({ length: rooms }, (_, i) => makeUuid7(1_700_000_000_000 + i, 0, random.next(), random.next()));
  const commands = Array.from({ length: PARTITIONS }, () => 0);
  const batches = Array.from({ length: PARTITIONS }, (): ReturnType<typeof encodeEvent>[] => []);
  const flush = async (p: number): Promise<void> => void (await log.append(EVENTS, p, batches[p]?.splice(0) ?? []));
  for (let p = 0; p < PARTITIONS; p++) await log.append(EVENTS, p, [encodeClaim({ epoch: 1, owner: 'bench' })]);
  for (let i = 0; i < events; i++) {
    const key = keys[i < rooms ? i : random.below(rooms)] as string;
    const p = partitionOf(key, PARTITIONS);
    const head = heads.get(key) ?? { seq: 0, number: 0 };
    heads.set(key, head);
    const members = Array.from({ length: MEMBERS }, (_, n) => `user${(i % 1_000) * MEMBERS + n}`);
    const ref = makeUuid7(1_700_000_000_000 + i, 0, random.next(), random.next());
    const made = [
      { name: 'conversation.created', v: 1, seq: 1, data: { kind: 'group', title: `room ${i}` } },
      { name: 'members.added', v: 1, seq: 2, data: { members: members.map((user) => ({ user, role: 'member' })), joinedNumber: 0 } },
    ];
    const sent = { name: 'message.sent', v: 1, seq: ++head.seq, data: { number: ++head.number, ref, kind: 'text', text: 'x'.repeat(20 + random.below(120)) } };
    if (i < rooms) [head.seq, head.number] = [2, 0];
    const record: EventRecord = {
      epoch: 1,
      key,
      command: { offset: commands[p] as number, id: ref },
      actor: { user: `user${random.below(rooms * MEMBERS)}`, session: 's'.repeat(16), device: 'd'.repeat(16) },
      at: 1_700_000_000_000 + i,
      origin: { edge: 'e'.repeat(16), session: 's'.repeat(16), ref },
      outcome: 'accepted',
      events: i < rooms ? made : [sent],
      answer: { conversation: key, seq: head.seq, number: head.number },
    };
    (commands[p] as number)++;
    batches[p]?.push(encodeEvent(record, [`conversation/${key}`, `edge/${'e'.repeat(16)}`]));
    if (batches[p]?.length === 500) await flush(p);
  }
  for (let p = 0; p < PARTITIONS; p++) if (batches[p]?.length) await flush(p);
  return events;
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
