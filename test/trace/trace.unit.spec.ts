import { type Command, type EventRecord, HEADER, type ServerFrame, TOPICS } from '@clatter/contract';
import { type ClientInput, Edge } from '@clatter/edge';
import { makeUuid7, partitionOf, traceId } from '@clatter/kernel';
import { freeHost, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import { messagingReadModels, wireMessaging } from '@clatter/messaging';
import { type Log, type Part, UNMEASURED } from '@clatter/ports';
import { systemClock as clock, systemIds as ids, jsonLog, startAll, stopAll } from '@clatter/runtime';
import { afterEach, expect, it } from 'vitest';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = `00-${TRACE}-b7ad6b7169203331-01`;
const PARTITIONS = 2;
const quiet = jsonLog('silent');
let parts: Part[] = [];
afterEach(() => stopAll(parts, quiet));

type Line = { readonly who: string; readonly text: string; readonly fields: { readonly trace?: string } };

/** Messaging and two edges on one log in memory, each writing down what it says at debug. */
const open = async () => {
  const lines: Line[] = [];
  const cluster = new MemoryCluster();
  const feeds = new MemoryFeeds();
  const said = (who: string): Log => ({ debug: (fields, text) => void lines.push({ who, text, fields }), info: () => {}, warn: () => {}, error: () => {} });
  const host = freeHost('one', clock);
  const log = cluster.log(host);
  const store = cluster.store(host);
  await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
  const messaging = wireMessaging(
    { log, store, clock, ids, listener: feeds.listener(), report: { log: said('messaging'), metrics: UNMEASURED } },
    { roles: ['owner', 'projector', 'router'] },
  );
  const models = messagingReadModels({ log, store, clock });
  const edge = (name: string): Edge =>
    new Edge(
      {
        log,
        store,
        clock,
        ids,
        dialer: feeds.dialer(),
        readModels: models,
        tokens: { verify: async (user) => ({ user, session: `s-${user}`, expires: clock.now() + 60_000 }) },
        accounts: { isRevoked: async () => false, unknown: async () => [] },
        report: { log: said(name), metrics: UNMEASURED },
      },
      { drainWave: 0 },
    );
  const edges = [edge('edge of anna'), edge('edge of ben')] as const;
  parts = [...messaging.parts, models, ...edges];
  await startAll(parts, quiet);
  return { lines, cluster, edges };
};

const connect = (edge: Edge, user: string): { readonly frames: ServerFrame[]; readonly input: ClientInput } => {
  const frames: ServerFrame[] = [];
  const input = edge.accept(
    { send: (sent) => void frames.push(...sent.map(({ text }) => JSON.parse(text) as ServerFrame)), buffered: () => 0, close: () => {} },
    { address: user },
  );
  input.message(JSON.stringify({ type: 'hello', version: 1, token: user, device: { id: 'd' } }));
  return { frames, input };
};

it("one trace leads from the client's command to the other client's edge, through every hop", async () => {
  const { lines, cluster, edges } = await open();
  const [anna, ben] = [connect(edges[0], 'anna'), connect(edges[1], 'ben')];
  const has = (frames: readonly ServerFrame[], type: string) => expect.poll(() => frames.some((f) => f.type === type), { timeout: 10_000 }).toBe(true);
  await has(anna.frames, 'welcome');
  await has(ben.frames, 'welcome');
  const send = (counter: number, more: object = {}) =>
    anna.input.message(
      JSON.stringify({
        type: 'command',
        ref: makeUuid7(clock.now(), counter, 0.5, 0.5),
        name: 'message.send',
        data: { direct: 'ben', kind: 'text', text: 'hi' },
        ...more,
      }),
    );
  send(0); // makes the conversation, in a trace of its own
  await has(ben.frames, 'signal');
  send(1, { traceparent: PARENT });
  await has(ben.frames, 'event');
  await expect.poll(() => anna.frames.filter((f) => f.type === 'ok').length).toBe(2);

  const of = (topic: string) =>
    cluster.partition(topic, partitionOf('d.anna.ben', PARTITIONS)).records.filter((r) => traceId(r.headers[HEADER.trace]) === TRACE);
  const [command, ...more] = of(TOPICS.messagingCommands.name);
  const [event] = of(TOPICS.messagingEvents.name);
  expect(more).toEqual([]);
  expect((JSON.parse(command?.value ?? '{}') as Command).name).toBe('message.send');
  expect((JSON.parse(event?.value ?? '{}') as EventRecord).outcome).toBe('accepted');
  expect(command?.headers[HEADER.trace]).not.toBe(PARENT); // a hop of its own
  expect(lines.filter(({ fields }) => fields.trace === TRACE).map(({ who, text }) => `${who}: ${text}`)).toEqual(
    expect.arrayContaining([
      'edge of anna: a command goes to the log',
      'messaging: decided',
      'messaging: routed',
      'edge of anna: a record goes to its sessions',
      'edge of ben: a record goes to its sessions',
    ]),
  );
  expect(lines.some(({ fields, text }) => text === 'decided' && fields.trace !== TRACE && /^[0-9a-f]{32}$/.test(fields.trace ?? ''))).toBe(true);
});
