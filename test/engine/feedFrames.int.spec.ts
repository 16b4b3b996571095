import { HEADER, TOPICS } from '@clatter/contract';
import { routerPart } from '@clatter/engine';
import { feedWsListener } from '@clatter/feed-ws';
import { encodeClaim } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryCluster } from '@clatter/memory';
import { type EventLog, SILENT, type TailOptions, UNMEASURED } from '@clatter/ports';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { until } from '../flow/harness.ts';

const EVENTS = TOPICS.messagingEvents.name;
const MARKS = TOPICS.messagingMarks.name;
const PARTITIONS = 8;

/** A router on real sockets; what it reads is handed on by the test. */
const router = async () => {
  const clock = new ManualClock();
  const cluster = new MemoryCluster();
  const host = freeHost('host', clock);
  const real = cluster.log(host);
  await real.ensureTopics([TOPICS.messagingEvents, TOPICS.messagingMarks], PARTITIONS);
  let tail: TailOptions | undefined;
  const log: EventLog = {
    ...real,
    tail: async (options) => {
      tail = options;
      return { heardAt: () => clock.now(), close: async () => {} };
    },
  };
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  const part = routerPart({
    service: 'messaging',
    topics: [
      { topic: EVENTS, kind: 'fenced' },
      { topic: MARKS, kind: 'plain' },
    ],
    log,
    store: cluster.store(host),
    clock,
    ids: { random: () => 0.5, uuid7: () => '', name: () => 'n' },
    listener,
    report: { log: SILENT, metrics: UNMEASURED },
  });
  await listener.start();
  await part.start();
  const next = new Map<string, number>();
  const read = (topic: string, partition: number, record: { readonly headers: Readonly<Record<string, string>>; readonly value: string }): void => {
    const offset = next.get(`${topic}/${partition}`) ?? 0;
    next.set(`${topic}/${partition}`, offset + 1);
    tail?.records(topic, partition, [{ offset, at: 0, key: '', ...record }], offset + 1);
  };
  const stop = async (): Promise<void> => {
    await part.stop();
    await listener.stop();
  };
  return { read, url: `ws://127.0.0.1:${listener.address()}/feed/messaging`, stop };
};

type Message = { readonly t: string; readonly n?: number; readonly topic?: string; readonly partition?: number; readonly from?: number; readonly to?: number };

it('a fetch that brings records of 16 partitions is one frame to each edge; what is subscribed in its turn counts from there', async () => {
  const { read, url, stop } = await router();
  const edge = () => {
    const frames: (readonly Message[])[] = [];
    const ws = new WebSocket(url, { headers: { authorization: 'Bearer secret' } });
    ws.on('message', (data: Buffer) => frames.push([JSON.parse(data.toString())].flat() as Message[]));
    ws.on('open', () => ws.send(JSON.stringify({ t: 'hello', edge: 'e', n: 1, channels: ['conversation/c'] })));
    return { frames, ws };
  };
  const edges = [edge(), edge()] as const;
  await until('both are greeted', () => edges.every(({ frames }) => frames.length === 1));
  for (const { frames } of edges) expect(frames.splice(0)).toMatchObject([[{ t: 'applied', n: 1 }]]);

  const of = (channel: string, more: Readonly<Record<string, string>> = {}) => ({ headers: { [HEADER.channels]: channel, ...more }, value: '{}' });
  // the hardest way in which a log may hand on a fetch: each partition in a microtask, all of them in one turn
  let command = 0;
  const fetched = async (channel: string): Promise<void> => {
    command++;
    for (let p = 0; p < PARTITIONS; p++) {
      await null;
      read(EVENTS, p, of(channel, { [HEADER.epoch]: '1', [HEADER.command]: String(command) }));
      read(MARKS, p, of(channel));
    }
  };
  for (let p = 0; p < PARTITIONS; p++) read(EVENTS, p, encodeClaim({ epoch: 1, owner: 'me' }));
  await fetched('conversation/c');
  await until('both have it', () => edges.every(({ frames }) => frames.length > 0));
  const covers = Array.from({ length: PARTITIONS }, (_, partition) => [
    { t: 'cover', topic: EVENTS, partition, from: -1, to: 1 },
    { t: 'cover', topic: MARKS, partition, from: -1, to: 0 },
  ]).flat();
  for (const { frames } of edges) expect(frames.splice(0)).toMatchObject([covers]);

  await fetched('conversation/other'); // looked at, and not told: what is added counts from behind it
  edges[0].ws.send(JSON.stringify({ t: 'subscribe', n: 2, add: ['conversation/other'] }));
  await until('it is applied', () => edges[0].frames.length > 0);
  expect(edges[0].frames.splice(0)).toMatchObject([[{ t: 'covers' }, { t: 'applied', n: 2 }]]);
  await fetched('conversation/other');
  await until('it has it', () => edges[0].frames.length > 0);
  expect(edges[0].frames).toHaveLength(1);
  expect(edges[0].frames[0]?.map(({ topic, from, to }) => [topic, from, to])).toEqual(
    covers.map(({ topic }) => (topic === EVENTS ? [topic, 2, 3] : [topic, 1, 2])),
  );
  expect(edges[1].frames).toEqual([]);
  await stop();
});
