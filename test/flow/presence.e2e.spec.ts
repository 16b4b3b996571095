import { type Client, memoryStorage, register, request, SessionTokens, type Transport, webTransport } from '@clatter/client';
import type { PresenceBody, PresenceItem } from '@clatter/contract';
import { directId, makeUuid7 } from '@clatter/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { clock, connect, dataFolder, type Person, person, type Running, startEmbedded, until } from './harness.ts';

const uuid7 = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4096), Math.random(), Math.random());
const status = (client: Client, user: string) => client.presence.get(user)?.status;
/** the grace, and then the next tick */
const OFFLINE_WITHIN = 5_000 + 2 * 5_000;

/** Two who have talked, so that each may see the other. */
const friends = async (url: string): Promise<[Person, Person]> => {
  const [anna, ben] = await Promise.all([person(url, 'anna'), person(url, 'ben')]);
  if (!anna || !ben) throw new Error('nobody');
  await anna.client.send({ direct: ben.user }, 'hello');
  await until('ben holds the conversation', () => ben.client.state.has(directId(anna.user, ben.user)));
  return [anna, ben];
};

/** The same account on another device. */
const secondDevice = async (base: string, { tokens }: Person): Promise<Client> => {
  const client = connect(base, tokens, memoryStorage());
  await until('the second device is online', () => client.status.is === 'online');
  return client;
};

const lookUp = async (url: string, tokens: SessionTokens, ...users: string[]): Promise<readonly PresenceItem[]> =>
  (await request<PresenceBody>(`${url}/v1/presence?users=${users.join()}`, { token: await tokens.get(false) })).presence;

/** What holds in every mode. */
const stories = (url: () => string): void => {
  it('online, away and offline over two devices; last seen; the look-up says the same', async () => {
    const [anna, ben] = await friends(url());
    anna.client.watch({ users: [ben.user] });
    await until('ben is online', () => status(anna.client, ben.user) === 'online');
    const told: string[] = [];
    anna.client.on('presence', ({ user, status: now }) => told.push(`${user === ben.user ? 'ben' : user} ${now}`));
    const phone = await secondDevice(url(), ben);
    ben.client.active(false);
    phone.active(false);
    await until('ben is away', () => status(anna.client, ben.user) === 'away');
    ben.client.active(true);
    await until('ben is back', () => status(anna.client, ben.user) === 'online');
    ben.client.close();
    await until('only the phone is left, and it is away', () => status(anna.client, ben.user) === 'away');
    const before = Date.now();
    phone.close();
    await until('ben is offline', () => status(anna.client, ben.user) === 'offline', OFFLINE_WITHIN);
    expect(Date.now() - before).toBeGreaterThan(4_500);
    const { lastSeen = 0 } = anna.client.presence.get(ben.user) ?? {};
    expect(Math.abs(lastSeen - before)).toBeLessThan(2_000);
    expect(told).toEqual(['ben away', 'ben online', 'ben away', 'ben offline']);
    await until('the look-up says so too', async () => (await lookUp(url(), anna.tokens, ben.user))[0]?.status === 'offline');
    expect(await lookUp(url(), anna.tokens, ben.user)).toEqual([{ user: ben.user, status: 'offline', lastSeen }]);
    anna.client.close();
  });

  it('back within the grace: nobody hears that he was away', async () => {
    const [anna, ben] = await friends(url());
    anna.client.watch({ users: [ben.user] });
    await until('ben is online', () => status(anna.client, ben.user) === 'online');
    const told: string[] = [];
    anna.client.on('presence', ({ status: now }) => told.push(now));
    ben.client.close();
    const again = await secondDevice(url(), ben);
    again.active(false);
    await until('the new device is heard of', () => told.at(-1) === 'away');
    expect(told).toEqual(['away']);
    for (const client of [anna.client, again]) client.close();
  });

  it('only who shares a conversation is told: watched by name, in a group, by the look-up', async () => {
    const [[anna, ben], carl] = await Promise.all([friends(url()), person(url(), 'carl')]);
    anna.client.watch({ users: [carl.user, ben.user] });
    await until('anna is told of ben', () => anna.client.presence.size > 0);
    expect([...anna.client.presence.keys()]).toEqual([ben.user]);
    expect((await lookUp(url(), anna.tokens, carl.user, ben.user)).map(({ user }) => user)).toEqual([ben.user]);
    const conversation = uuid7();
    const refused: string[] = [];
    anna.client.on('error', ({ code }) => refused.push(code));
    anna.client.watch({ conversation });
    await until('a conversation that is not hers is refused', () => refused.join() === 'not_found');
    await anna.client.command('conversation.create', { conversation, kind: 'group', title: 'walk', members: [ben.user, carl.user] });
    await until('anna holds it', () => anna.client.state.has(conversation));
    anna.client.watch({ conversation });
    await until('anna is told of both', () => status(anna.client, ben.user) === 'online' && status(anna.client, carl.user) === 'online');
    expect((await lookUp(url(), anna.tokens, carl.user))[0]).toMatchObject({ status: 'online' });
    await anna.client.command('conversation.removeMember', { conversation, user: carl.user });
    anna.client.watch({ users: [carl.user, ben.user] });
    await until('ben is told of again', () => anna.client.presence.size > 0);
    expect([...anna.client.presence.keys()]).toEqual([ben.user]);
    for (const { client } of [anna, ben, carl]) client.close();
  });

  it('after a reconnect the watch goes on by itself', async () => {
    const [anna, ben] = await friends(url());
    anna.client.watch({ users: [ben.user] });
    await until('ben is online', () => status(anna.client, ben.user) === 'online');
    anna.client.reconnect();
    await until('she is told nothing for a moment', () => anna.client.presence.size === 0);
    await until('and then again', () => status(anna.client, ben.user) === 'online');
    for (const { client } of [anna, ben]) client.close();
  });
};

describe('presence, embedded', () => {
  const data = dataFolder();
  let clatter: Running;

  beforeAll(async () => {
    clatter = await startEmbedded({ CLATTER_DATA: data.path });
  });
  afterAll(async () => {
    await clatter?.kill();
    data.remove();
  });

  stories(() => clatter.url);
});

/** HTTP by the one address, the socket at one edge. */
const transportAt = (base: string, edge: string, token: () => Promise<string>): Transport => ({
  ...webTransport(base, token),
  connect: webTransport(edge, token).connect,
});

/** A new account whose client knows one edge only. */
const personAt = async (base: string, edge: string, name: string): Promise<Person> => {
  const username = `${name}${uuid7().slice(-12)}`;
  const session = await register(base, { username, password: 'correct horse battery' });
  const tokens = new SessionTokens(base, clock, session);
  const storage = memoryStorage();
  const client = connect(base, tokens, storage, { transport: transportAt(base, edge, () => tokens.get(false)) });
  await until(`${name} is online`, () => client.status.is === 'online');
  return { name: username, client, user: session.user, tokens, storage };
};

/** A bare socket that has said hello; resolves once it is welcome. */
const helloAt = async (edge: string, tokens: SessionTokens, device: string): Promise<{ code?: number; close(): void }> => {
  const socket = new WebSocket(`${edge.replace(/^http/, 'ws')}/v1/ws`, 'clatter.v1');
  const token = await tokens.get(false);
  const made: { code?: number; close(): void } = { close: () => socket.close() };
  let welcome = false;
  socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', version: 1, token, device: { id: device } }));
  socket.onmessage = ({ data }) => {
    welcome ||= String(data).includes('welcome');
  };
  socket.onclose = ({ code }) => {
    made.code = code;
  };
  await until('it is welcome', () => welcome);
  return made;
};

describe('presence, on Kafka and MongoDB', { timeout: 120_000 }, () => {
  let cluster: Cluster;
  const edges = () => cluster.services.filter(({ name }) => name === 'edge');
  const at = (i: number): string => `http://127.0.0.1:${edges()[i]?.port}`;

  beforeAll(async () => {
    cluster = await startCluster({ env: { CLATTER_REGISTRATIONS_PER_ADDRESS: '1000', CLATTER_LOGINS_PER_ADDRESS: '1000', CLATTER_ARGON2_KIB: '1024' } });
  }, 180_000);
  afterAll(() => cluster?.stop());

  stories(() => cluster.url);

  it('the same session and device connects on another edge: its former socket is closed 4103', async () => {
    const tokens = new SessionTokens(
      cluster.url,
      clock,
      await register(cluster.url, { username: `dora${uuid7().slice(-12)}`, password: 'correct horse battery' }),
    );
    const first = await helloAt(at(0), tokens, 'd1');
    const other = await helloAt(at(0), tokens, 'd2');
    const second = await helloAt(at(1), tokens, 'd1');
    await until('the first is closed', () => first.code !== undefined);
    expect(first.code).toBe(4103);
    expect([other.code, second.code]).toEqual([undefined, undefined]);
    for (const socket of [other, second]) socket.close();
  });

  it('an edge is killed: its users are offline for those who watch at another edge, within 15 s and a tick', async () => {
    const anna = await personAt(cluster.url, at(1), 'anna');
    const ben = await personAt(cluster.url, at(0), 'ben');
    const carl = await personAt(cluster.url, at(1), 'carl');
    for (const friend of [ben, carl]) await anna.client.send({ direct: friend.user }, 'hello');
    anna.client.watch({ users: [ben.user, carl.user] });
    await until('both are online', () => [ben, carl].every(({ user }) => status(anna.client, user) === 'online'));
    const told: string[] = [];
    anna.client.on('presence', ({ user, status: now }) => told.push(`${user === ben.user ? 'ben' : 'carl'} ${now}`));
    const victim = edges()[0];
    if (!victim) throw new Error('no edge');
    await victim.server.kill('SIGKILL');
    const killed = Date.now();
    await until('ben is offline', () => status(anna.client, ben.user) === 'offline', 30_000);
    expect(Date.now() - killed).toBeLessThan(15_000 + 5_000 + 1_000);
    expect(told).toEqual(['ben offline']);
    await cluster.restart(victim);
    await until('ben is back', () => status(anna.client, ben.user) === 'online', 60_000);
    for (const { client } of [anna, ben, carl]) client.close();
  });

  it('presence is killed and comes back: messages go on meanwhile, and what was missed is told', async () => {
    const [anna, ben] = await friends(cluster.url);
    const carl = await person(cluster.url, 'carl');
    await anna.client.send({ direct: carl.user }, 'hello');
    anna.client.watch({ users: [ben.user, carl.user] });
    await until('both are online', () => [ben, carl].every(({ user }) => status(anna.client, user) === 'online'));
    const told: string[] = [];
    anna.client.on('presence', ({ user, status: now }) => told.push(`${user === ben.user ? 'ben' : 'carl'} ${now}`));
    const victims = cluster.services.filter(({ name }) => name === 'presence');
    for (const victim of victims) await victim.server.kill('SIGKILL');
    await anna.client.send({ direct: ben.user }, 'nobody waits for presence');
    ben.client.close();
    for (const victim of victims) await cluster.restart(victim);
    await until('ben is offline', () => status(anna.client, ben.user) === 'offline', 60_000);
    carl.client.active(false);
    await until('carl is away', () => status(anna.client, carl.user) === 'away');
    expect(told).toEqual(['ben offline', 'carl away']);
    for (const { client } of [anna, carl]) client.close();
  });
});
