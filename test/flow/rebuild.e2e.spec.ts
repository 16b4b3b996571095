import { memoryStorage, request } from '@clatter/client';
import type { InboxPage } from '@clatter/contract';
import { makeUuid7 } from '@clatter/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { describeOn } from '../testbed/suite.ts';
import { connect, dataFolder, loadAll, type Person, person, type Running, startEmbedded, texts, until } from './harness.ts';
import { clatter } from './operate.ts';

const uuid7 = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4096), Math.random(), Math.random());

/** A running Clatter of either mode, as its operator sees it. */
type Site = {
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  /** all services stop in good order, and start again */
  stop(): Promise<void>;
  start(): Promise<void>;
};

const room = async (url: string): Promise<{ conversation: string; anna: Person; ben: Person }> => {
  const [anna, ben] = [await person(url, 'anna'), await person(url, 'ben')];
  const conversation = uuid7();
  await anna.client.command('conversation.create', { conversation, kind: 'group', title: 'room', members: [ben.user] });
  await until('ben holds it', () => ben.client.state.has(conversation));
  return { conversation, anna, ben };
};

/** What a device that holds nothing gets: a sync, and the whole history by pages. */
const freshly = async (url: string, { tokens }: Person, conversation: string, newest: string): Promise<string[]> => {
  const device = connect(url, tokens, memoryStorage());
  await until('the fresh device has the newest', () => texts(device, conversation).at(-1) === newest, 30_000);
  await loadAll(device, conversation);
  const all = texts(device, conversation);
  device.close();
  return all;
};

const stories = (site: () => Site): void => {
  it('read models are rebuilt while people chat: queries go on, nothing stalls, and what comes out is the same', { timeout: 240_000 }, async () => {
    const { url, env } = site();
    const { conversation, anna, ben } = await room(url);
    for (let i = 0; i < 60; i++) await anna.client.send({ conversation }, `before ${i}`);
    ben.client.markRead(conversation, 10);

    const sent: string[] = [];
    const delays: number[] = [];
    const failures: unknown[] = [];
    let queries = 0;
    let over = false;
    const talking = (async () => {
      while (!over) {
        const [text, began] = [`during ${sent.length}`, Date.now()];
        sent.push(text);
        await anna.client.send({ conversation }, text);
        await until(`ben gets ${text}`, () => texts(ben.client, conversation).at(-1) === text);
        delays.push(Date.now() - began);
      }
    })();
    const asking = (async () => {
      for (; !over; queries++) {
        const { conversations } = await request<InboxPage>(`${url}/v1/conversations`, { token: await ben.tokens.get(false) });
        if (!conversations.some((c) => c.own.conversation === conversation)) failures.push(`query ${queries} missed the conversation`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })().catch((error: unknown) => failures.push(error));

    const rebuilt = await clatter(['rebuild', 'messaging'], env);
    over = true;
    await Promise.all([talking, asking]);
    expect(rebuilt.code, rebuilt.output).toBe(0);
    expect(rebuilt.output).toMatch(/, 0 differ\n/);
    expect(failures).toEqual([]);
    expect(queries).toBeGreaterThan(50);
    expect(sent.length).toBeGreaterThan(50);
    expect(Math.max(...delays)).toBeLessThan(5_000);

    const all = [...Array.from({ length: 60 }, (_, i) => `before ${i}`), ...sent];
    expect(await freshly(url, ben, conversation, all.at(-1) as string)).toEqual(all);
    expect(texts(ben.client, conversation).slice(-sent.length)).toEqual(sent);

    const checked = await clatter(['rebuild', 'messaging', '--check'], env);
    expect(checked.code, checked.output).toBe(0);
    expect(checked.output).toMatch(/Generation 2 serves, 3 is built/);
    expect(checked.output).toMatch(/Generation 3 is dropped again/);
    for (const { client } of [anna, ben]) client.close();
  });

  it('after new-log a client with an old cursor starts over and comes to the same; while services run it is refused', { timeout: 240_000 }, async () => {
    const { url, env } = site();
    const { conversation, anna, ben } = await room(url);
    for (let i = 0; i < 40; i++) await anna.client.send({ conversation }, `m${i}`);
    await until('ben has them', () => texts(ben.client, conversation).at(-1) === 'm39');
    await until('ben has stored a cursor', () => ben.storage.loadState()?.state.get(conversation)?.doc.head.number === 40, 60_000);
    ben.client.close();
    const old = ben.storage.loadState()?.cursor as string;
    await anna.client.send({ conversation }, 'm40');

    const refused = await clatter(['new-log', '--yes'], env);
    expect(refused.code, refused.output).toBe(1);
    await site().stop();
    expect((await clatter(['new-log'], env)).code).toBe(2);
    await until('new-log is done', async () => (await clatter(['new-log', '--yes'], env)).code === 0, 60_000);
    await site().start();

    const code = async (): Promise<string> =>
      request(`${url}/v1/sync?since=${old}`, { token: await ben.tokens.get(false) }).then(
        () => 'ok',
        (error: { code?: string }) => error.code ?? String(error),
      );
    await until('the old cursor is refused', async () => (await code()) === 'start_over', 60_000);
    const again = connect(url, ben.tokens, ben.storage);
    await until('ben is online', () => again.status.is === 'online', 60_000);
    await anna.client.send({ conversation }, 'after');
    await until('ben gets what is new', () => texts(again, conversation).at(-1) === 'after', 60_000);
    await loadAll(again, conversation);
    const all = [...Array.from({ length: 41 }, (_, i) => `m${i}`), 'after'];
    expect(texts(again, conversation)).toEqual(all);
    expect(again.state.get(conversation)?.doc.head.number).toBe(42);
    await until('anna has started over too', () => texts(anna.client, conversation).at(-1) === 'after', 60_000);
    await loadAll(anna.client, conversation);
    expect(texts(anna.client, conversation)).toEqual(all);
    again.close();
    anna.client.close();
  });
};

describe('operating, embedded', () => {
  const data = dataFolder();
  const env = { CLATTER_DATA: data.path, CLATTER_HEARTBEAT_MS: '1000' };
  let running: Running;
  let port = '0';

  const site: Site = {
    get url() {
      return running.url;
    },
    env,
    stop: () => running.kill(),
    start: async () => {
      running = await startEmbedded({ ...env, CLATTER_PORT: port });
      port = new URL(running.url).port;
    },
  };
  beforeAll(() => site.start());
  afterAll(async () => {
    await running?.kill();
    data.remove();
  });

  stories(() => site);
});

await describeOn(['kafka', 'mongo'], 'operating, on Kafka and MongoDB', () => {
  let cluster: Cluster;

  const site = (): Site => ({
    url: cluster.url,
    env: { KAFKA_BROKERS: cluster.kafka.brokers.join(','), MONGO_URL: cluster.mongo.url, CLATTER_PARTITIONS: '4' },
    stop: async () => void (await Promise.all(cluster.services.map(({ server }) => server.kill('SIGTERM')))),
    start: async () => {
      for (const service of cluster.services) await cluster.restart(service);
    },
  });
  beforeAll(async () => {
    const open = { CLATTER_REGISTRATIONS_PER_ADDRESS: '1000', CLATTER_LOGINS_PER_ADDRESS: '1000', CLATTER_ARGON2_KIB: '1024' };
    cluster = await startCluster({ env: { ...open, CLATTER_HEARTBEAT_MS: '1000' } });
  }, 180_000);
  afterAll(() => cluster?.stop());

  it('topics are as they must be, and a difference is told', { timeout: 60_000 }, async () => {
    const { env } = site();
    const good = await clatter(['topics'], env);
    expect(good.code, good.output).toBe(0);
    expect(good.output).toMatch(/clatter\.messaging\.events +4 +delete +for ever +1 +1 +ok/);
    const other = await clatter(['topics'], { ...env, CLATTER_PARTITIONS: '6' });
    expect(other.code, other.output).toBe(1);
    expect(other.output).toContain('DIFFERS: partitions is 4, not 6');
  });

  stories(site);
});
