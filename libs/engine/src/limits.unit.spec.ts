import { type Command, type EdgeToRouter, type FeedRecord, HEADER, type RouterToEdge, TOPICS } from '@clatter/contract';
import { type Decider, draft, encodeCommand, encodeEvent, NO_FENCE } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import { type DocumentStore, type EventLog, type Part, SILENT, UNMEASURED } from '@clatter/ports';
import { afterEach, describe, expect, it } from 'vitest';
import { Alarm } from './alarm.ts';
import { generationCollection } from './names.ts';
import { Cells } from './owner/cells.ts';
import { ownerPart } from './owner/ownerPart.ts';
import { projectorPart } from './projector/projectorPart.ts';
import { routerPart } from './router/routerPart.ts';
import type { OwnerSettings, ProjectorSettings, RouterSettings } from './settings.ts';
import { startFence } from './startFence.ts';

const COMMANDS = TOPICS.messagingCommands.name;
const EVENTS = TOPICS.messagingEvents.name;
const report = { log: SILENT, metrics: UNMEASURED };

/** Accepts everything; each command makes a cell of its own. */
const decider: Decider = {
  reads: () => [],
  decide: (_, command) => ({ ...draft(command), outcome: 'accepted', events: [{ name: 'done', v: 1, seq: 1, data: {} }], answer: {} }),
  evolve: (record) => [{ cell: `c/${record.command.id}`, to: () => ({ id: record.command.id }) }],
  address: () => ['conversation/c'],
};
const command = (n: number, size = 0): Command => ({
  id: `r${n}`,
  name: 'do',
  key: 'c',
  actor: { user: 'u', session: 's', device: 'd' },
  origin: { edge: 'e', session: 's', ref: `r${n}` },
  data: { pad: 'ü'.repeat(size) },
});

let running: Part[] = [];
afterEach(async () => {
  for (const part of running.splice(0)) void part.stop();
  running = [];
});

/** Real log, store and groups in memory; appends to the events and writes of documents wait while they are held. */
const bed = async () => {
  const clock = new ManualClock();
  const cluster = new MemoryCluster();
  const host = freeHost('one', clock);
  const real = cluster.log(host);
  const store = cluster.store(host);
  await real.ensureTopics([TOPICS.messagingCommands, TOPICS.messagingEvents], 1);
  const seen = { batches: [] as (readonly { readonly value: string }[])[], paused: new Set<string>(), pauses: [] as string[] };
  const hold = { appends: false, writes: false };
  const gate = async (closed: () => boolean): Promise<void> => {
    while (closed()) await new Promise((resolve) => setImmediate(resolve));
  };
  const log: EventLog = {
    ...real,
    append: async (topic, partition, records) => {
      if (topic === EVENTS && records[0]?.headers[HEADER.claim] === undefined) {
        seen.batches.push(records);
        await gate(() => hold.appends);
      }
      return real.append(topic, partition, records);
    },
    join: async (options) => {
      const member = await real.join(options);
      const own = Object.create(member) as typeof member;
      own.pause = (topic, p) => {
        seen.paused.add(topic);
        seen.pauses.push(topic);
        member.pause(topic, p);
      };
      own.resume = (topic, p) => {
        seen.paused.delete(topic);
        member.resume(topic, p);
      };
      own.seek = (...args) => member.seek(...args);
      own.owns = (p) => member.owns(p);
      own.heartbeat = () => member.heartbeat();
      own.commit = (...args) => member.commit(...args);
      own.leave = () => member.leave();
      return own;
    },
  };
  const guarded = Object.assign(Object.create(store) as typeof store, {
    ensure: store.ensure.bind(store),
    get: store.get.bind(store),
    getMany: store.getMany.bind(store),
    put: store.put.bind(store),
    putMany: async (...args: Parameters<typeof store.putMany>) => {
      await gate(() => hold.writes);
      return store.putMany(...args);
    },
  });
  const append = async (count: number, size = 0, from = 0): Promise<void> => {
    for (let n = from; n < from + count; n++) await real.append(COMMANDS, 0, [encodeCommand(command(n, size))]);
  };
  const until = async (what: string, ready: () => boolean): Promise<void> => {
    for (let i = 0; !ready(); i++) {
      if (i > 2_000) throw new Error(`it did not happen: ${what}`);
      await clock.advance(10);
    }
  };
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 200; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  const events = (): number => cluster.partition(EVENTS, 0).records.filter((r) => r.headers[HEADER.claim] === undefined).length;
  let n = 0;
  const ids = { random: () => 0.5, uuid7: () => '', name: () => `n${n++}` };
  const base = { service: 'messaging' as const, log, store: guarded, clock, ids, report };
  const run = async (part: Part): Promise<void> => {
    running.push(part);
    await part.start();
  };
  return { ...base, cluster, seen, hold, append, until, turns, events, run, base };
};

const owner = async (settings: Partial<OwnerSettings>, before: (b: Awaited<ReturnType<typeof bed>>) => Promise<void> = async () => {}) => {
  const b = await bed();
  await before(b);
  await b.run(ownerPart({ ...b.base, commands: COMMANDS, events: EVENTS, decider, settings }));
  return b;
};

describe('owner', () => {
  it('limits owner.batchCommands, owner.batchBytes: a produce holds no more commands, and ends at so many bytes', async () => {
    const many = await owner({ batchCommands: 10 }, (b) => b.append(35));
    await many.until('all are decided', () => many.events() === 35);
    expect(Math.max(...many.seen.batches.map((batch) => batch.length))).toBe(10);
    const large = await owner({ batchBytes: 5_000 }, (b) => b.append(20, 1_000)); // 2,000 bytes each, and a little
    await large.until('all are decided', () => large.events() === 20);
    expect(Math.max(...large.seen.batches.map((batch) => batch.length))).toBe(3);
  });

  it('limit owner.queuedCommands: a log that takes no events stops the reading of commands, and all are carried out later', async () => {
    const b = await owner({ queuedCommands: 20, batchCommands: 5 });
    b.hold.appends = true;
    await b.append(200);
    await b.until('it reads no more', () => b.seen.paused.has(COMMANDS));
    b.hold.appends = false;
    await b.until('all are decided', () => b.events() === 200);
    expect(b.seen.paused.has(COMMANDS)).toBe(false);
  });

  it('limits owner.dirtyCells, owner.flushEvents: a store that takes no state stops deciding, and it goes on when it does', async () => {
    const b = await owner({ dirtyCells: 6, flushEvents: 3, batchCommands: 2 });
    b.hold.writes = true;
    await b.append(40);
    await b.until('some are decided', () => b.events() >= 6);
    await b.turns();
    expect(b.events()).toBeLessThanOrEqual(7);
    b.hold.writes = false;
    await b.until('all are decided', () => b.events() === 40);
  });

  it('limit owner.dirtyCells: what is beyond it is written at once, so that a few commands with many members hold nobody up', async () => {
    const b = await owner({ dirtyCells: 5, batchCommands: 2 });
    await b.append(60);
    const began = b.clock.now();
    await b.until('all are decided', () => b.events() === 60);
    expect(b.clock.now() - began).toBeLessThan(10_000);
  });

  it('limit owner.cellBytes: clean state is forgotten beyond it, the least used first, and read again; unwritten state never', async () => {
    const b = await bed();
    await b.store.ensure([{ name: 'state', indexes: [] }]);
    const cells = new Cells(b.store, 'state', 0, b.log.logId, 2_000, {});
    const names = Array.from({ length: 20 }, (_, i) => `cell${i}`);
    await cells.load(names);
    cells.apply(names.map((cell, i) => ({ cell, to: () => ({ i, text: 'x'.repeat(100) }) })));
    cells.evict();
    expect(names.every((name) => cells.has(name))).toBe(true);
    names.forEach((cell, i) => {
      cells.confirm([{ cell, to: () => ({}) }], i);
    });
    const taken = cells.take();
    await cells.write(taken);
    cells.written(taken);
    cells.evict();
    const kept = names.filter((name) => cells.has(name));
    expect(kept.length).toBeGreaterThan(3);
    expect(kept.length).toBeLessThan(10);
    expect(kept).toEqual(names.slice(-kept.length));
    await cells.load(['cell0']);
    expect(cells.get('cell0')).toMatchObject({ i: 0 });
  });

  it("limits owner.beyondEndMs, projector.beyondEndMs: a position beyond the log's end is waited for, then it is an alarm", async () => {
    const { log, clock } = await bed();
    const start = startFence(log, clock, EVENTS, 0, { ...NO_FENCE, offset: 9 }, 30_000);
    let ended = false;
    const watched = start.catch((error: unknown) => {
      ended = true;
      return error;
    });
    await clock.advance(29_000);
    expect(ended).toBe(false);
    await clock.advance(2_000);
    expect(await watched).toBeInstanceOf(Alarm);
  });
});

const eventOf = (n: number, size = 0) =>
  encodeEvent(
    { epoch: 1, ...draft({ ...command(n), at: 0, offset: n }), outcome: 'accepted', events: [{ name: 'x', v: 1, seq: n, data: { pad: 'x'.repeat(size) } }] },
    ['conversation/c'],
  );
const withEvents = async (count: number, size = 0) => {
  const b = await bed();
  await b.log.append(EVENTS, 0, [{ key: '', headers: { [HEADER.epoch]: '1', [HEADER.claim]: 'me' }, value: '' }]);
  for (let n = 0; n < count; n++) await b.log.append(EVENTS, 0, [eventOf(n, size)]);
  return b;
};

const heldUp = async (settings: Partial<ProjectorSettings>, begin: (store: DocumentStore) => Promise<unknown>): Promise<void> => {
  const b = await withEvents(300);
  await begin(b.store);
  b.hold.writes = true;

  const written: number[] = [];
  const { putMany } = b.store;
  b.store.putMany = (name, docs) => {
    written.push(docs.length);
    return putMany(name, docs);
  };
  const project = (record: { readonly offset: number }) => [{ collection: 'seen', key: String(record.offset), to: () => ({}) }];
  await b.run(projectorPart({ ...b.base, sources: [{ topic: EVENTS, fenced: true, project }], collections: [{ name: 'seen', indexes: [] }], settings }));
  await b.until('it reads no more', () => b.seen.paused.has(EVENTS));
  b.hold.writes = false;
  await b.until('all is projected', () => b.cluster.documents('seen.g1').size === 300);
  expect(Math.max(...written)).toBeLessThanOrEqual(7);
  expect(b.seen.paused.has(EVENTS)).toBe(false);
};

it('limits projector.batchRecords, projector.queuedRecords: a store that takes nothing stops the reading, batches stay small, nothing is lost', () =>
  heldUp({ batchRecords: 7, buildRecords: 500, queuedRecords: 50 }, async (store) => {
    await store.ensure([generationCollection('messaging')]);
    await store.put(generationCollection('messaging').name, 'now', { rev: 0, serving: 1, last: 1 });
  }));

it('limits projector.buildRecords: those of a generation that does not serve yet are small as well', () =>
  heldUp({ batchRecords: 500, buildRecords: 7, queuedRecords: 50 }, async () => {}));

describe('router', () => {
  const router = async (settings: Partial<RouterSettings>, count: number, size = 0) => {
    const b = await withEvents(count, size);
    const feeds = new MemoryFeeds();
    let deaf = false;
    const log: EventLog = {
      ...b.log,
      tail: async (options) => {
        const tail = await b.log.tail(options);
        const since = b.clock.now();
        return { ...tail, heardAt: () => (deaf ? since : b.clock.now()) };
      },
    };
    await b.run(routerPart({ ...b.base, log, topics: [{ topic: EVENTS, kind: 'fenced' }], listener: feeds.listener(), settings }));
    await b.turns();
    const dial = async (from?: number) => {
      const got: RouterToEdge[] = [];
      let closed: string | undefined;
      const feed = await feeds.dialer().dial('messaging');
      feed.open({
        message: (message) => got.push(message),
        closed: (why) => {
          closed = why;
        },
      });
      const hello: EdgeToRouter = {
        t: 'hello',
        edge: 'e',
        n: 1,
        channels: ['conversation/c'],
        ...(from === undefined ? {} : { watermarks: { [EVENTS]: [from] }, logId: 'memory' }),
      };
      feed.send(hello);
      await b.turns();
      return { got, closed: () => closed, records: () => got.flatMap((m): readonly (readonly FeedRecord[])[] => (m.t === 'cover' ? [m.records] : [])) };
    };
    return {
      ...b,
      dial,
      goDeaf: () => {
        deaf = true;
      },
    };
  };

  it('limits router.coverRecords, router.coverBytes: a frame to an edge holds no more; together they hold all', async () => {
    const few = await (await router({ coverRecords: 9 }, 100)).dial(-1);
    expect(Math.max(...few.records().map((r) => r.length))).toBe(9);
    expect(few.records().flat()).toHaveLength(100);
    const small = await (await router({ coverBytes: 3_000 }, 30, 1_000)).dial(-1);
    expect(Math.max(...small.records().map((r) => r.length))).toBeLessThanOrEqual(3);
    expect(small.records().flat()).toHaveLength(30);
  });

  it('limit router.feeds: one edge more is refused, those that are there stay', async () => {
    const b = await router({ feeds: 2 }, 1);
    const [one, two, three] = [await b.dial(), await b.dial(), await b.dial()];
    expect([one, two, three].map((feed) => feed.closed())).toEqual([undefined, undefined, 'too many feeds']);
  });

  it('limit router.deafMs: a router that does not hear the log ends its feeds, and takes none', async () => {
    const b = await router({ deafMs: 5_000 }, 1);
    const one = await b.dial();
    b.goDeaf();
    await b.clock.advance(5_000);
    expect(one.closed()).toBeUndefined();
    await b.clock.advance(1_100);
    expect(one.closed()).toContain('can not read the log');
    expect((await b.dial()).closed()).toContain('can not read the log');
  });

  it('limit router.ringMs: who needs what has been forgotten is told to begin anew', async () => {
    const b = await router({ ringMs: 60_000 }, 20);
    expect((await b.dial(3)).got.some((m) => m.t === 'reset')).toBe(false);
    await b.clock.advance(62_000);
    expect((await b.dial(3)).got.some((m) => m.t === 'reset')).toBe(true);
  });
});
