import { logIn, memoryStorage, request, SessionTokens } from '@clatter/client';
import type { InboxPage, SessionBody } from '@clatter/contract';
import { directId, makeUuid7 } from '@clatter/kernel';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { describeOn } from '../testbed/suite.ts';
import { clock, connect, dataFolder, loadAll, person, type Running, startEmbedded, texts, until } from './harness.ts';

const uuid7 = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4096), Math.random(), Math.random());

/** What holds in every mode. */
const stories = (url: () => string): void => {
  it('two people talk: the first message makes their conversation, both see the same order', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    const ok = await anna.client.send({ direct: ben.user }, 'hello');
    expect(ok).toMatchObject({ conversation, number: 1 });
    await ben.client.send({ direct: anna.user }, 'hello yourself');
    for (const { client } of [anna, ben]) await until('both messages are there', () => texts(client, conversation).join() === 'hello,hello yourself');
    anna.client.close();
    ben.client.close();
  });

  it('a group: members come and go, and who was removed is sent nothing more', async () => {
    const [anna, ben, carl] = await Promise.all(['anna', 'ben', 'carl'].map((n) => person(url(), n)));
    if (!anna || !ben || !carl) throw new Error('nobody');
    const conversation = uuid7();
    await anna.client.command('conversation.create', { conversation, kind: 'group', title: 'walk', members: [ben.user] });
    await until('ben holds it', () => ben.client.state.has(conversation));
    await anna.client.send({ conversation }, 'one');
    await anna.client.command('conversation.addMembers', { conversation, members: [carl.user] });
    await until('carl sees the history', () => texts(carl.client, conversation).join() === 'one');
    await anna.client.command('conversation.removeMember', { conversation, user: ben.user });
    await until('ben holds it no more', () => !ben.client.state.has(conversation));
    await anna.client.send({ conversation }, 'two');
    await until('carl gets it', () => texts(carl.client, conversation).join() === 'one,two');
    expect(ben.client.state.has(conversation)).toBe(false);
    await expect(ben.client.send({ conversation }, 'three')).rejects.toMatchObject({ code: 'not_found' });
    await expect(carl.client.command('conversation.removeMember', { conversation, user: anna.user })).rejects.toMatchObject({ code: 'forbidden' });
    for (const { client } of [anna, ben, carl]) client.close();
  });

  it('offline and back: what was missed arrives', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, '1');
    await until('ben has the first', () => texts(ben.client, conversation).length === 1);
    ben.client.close();
    for (let i = 2; i <= 30; i++) await anna.client.send({ direct: ben.user }, String(i));
    const again = connect(url(), ben.tokens, ben.storage);
    const all = Array.from({ length: 30 }, (_, i) => String(i + 1)).join();
    await until('ben has the newest', () => texts(again, conversation).at(-1) === '30');
    await loadAll(again, conversation);
    expect(texts(again, conversation).join()).toBe(all);
    again.close();
    anna.client.close();
  });

  it('two devices of one person: each sees what the other sends', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const session = await logIn(url(), { username: anna.name, password: 'correct horse battery' });
    const second = connect(url(), new SessionTokens(url(), clock, session), memoryStorage());
    await until('the second device is online', () => second.status.is === 'online');
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'from the first');
    await until('the second sees it', () => texts(second, conversation).join() === 'from the first');
    await second.send({ direct: ben.user }, 'from the second');
    await until('the first sees it', () => texts(anna.client, conversation).join() === 'from the first,from the second');
    for (const client of [anna.client, ben.client, second]) client.close();
  });

  it('the same ref again gets the first answer, marked duplicate, and acts once', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const body = { ref: uuid7(), name: 'message.send', data: { direct: ben.user, kind: 'text', text: 'once' } };
    const token = await anna.tokens.get(false);
    const first = await request<{ data: object }>(`${url()}/v1/commands`, { method: 'POST', token, body });
    const second = await request<{ data: object; duplicate?: boolean }>(`${url()}/v1/commands`, { method: 'POST', token, body });
    expect(second).toEqual({ ...first, duplicate: true });
    await until('ben has it', () => texts(ben.client, directId(anna.user, ben.user)).length > 0);
    expect(texts(ben.client, directId(anna.user, ben.user))).toEqual(['once']);
    for (const { client } of [anna, ben]) client.close();
  });

  it('read marks: unread falls to zero, and the other sees how far was read', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'read me');
    await until('ben has it', () => texts(ben.client, conversation).length === 1);
    ben.client.markRead(conversation, 1);
    await until('anna sees the mark', () => anna.client.state.get(conversation)?.marks.get(ben.user)?.number === 1);
    const unread = async (): Promise<number | undefined> =>
      (await request<InboxPage>(`${url()}/v1/conversations`, { token: await ben.tokens.get(false) })).conversations[0]?.unread;
    await until('nothing is unread', async () => (await unread()) === 0);
    for (const { client } of [anna, ben]) client.close();
  });

  it('an ended session: its socket is closed within 2 s and stays closed', async () => {
    const anna = await person(url(), 'anna');
    const other: SessionBody = await logIn(url(), { username: anna.name, password: 'correct horse battery' });
    await request(`${url()}/v1/sessions/others`, { method: 'DELETE', token: other.accessToken });
    await until('the socket is closed', () => anna.client.status.is === 'stopped', 2_000);
    expect(anna.client.status.reason).toBe('session_revoked');
  });
};

describe('stories, embedded', () => {
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

  it('killed and started again: nothing acknowledged is lost, clients go on by themselves', { timeout: 60_000 }, async () => {
    const own = dataFolder();
    let server = await startEmbedded({ CLATTER_DATA: own.path });
    const port = new URL(server.url).port;
    const anna = await person(server.url, 'anna');
    const ben = await person(server.url, 'ben');
    const conversation = directId(anna.user, ben.user);
    const acknowledged: string[] = [];
    const sending = (async () => {
      for (let i = 0; i < 60; i++) {
        await anna.client.send({ direct: ben.user }, `m${i}`);
        acknowledged.push(`m${i}`);
      }
    })();
    await until('some are acknowledged', () => acknowledged.length >= 20);
    await server.kill('SIGKILL');
    server = await startEmbedded({ CLATTER_DATA: own.path, CLATTER_PORT: port });
    await sending;
    await until('ben has the newest', () => texts(ben.client, conversation).at(-1) === 'm59');
    await loadAll(ben.client, conversation);
    expect(texts(ben.client, conversation)).toEqual(Array.from({ length: 60 }, (_, i) => `m${i}`));
    for (const { client } of [anna, ben]) client.close();
    await server.kill();
    own.remove();
  });
});

const onCluster = (): void => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ env: { CLATTER_REGISTRATIONS_PER_ADDRESS: '1000', CLATTER_LOGINS_PER_ADDRESS: '1000', CLATTER_ARGON2_KIB: '1024' } });
  }, 180_000);
  afterAll(() => cluster?.stop());

  stories(() => cluster.url);

  // every kind of process that a message passes through, all of a kind at once
  const killing: Readonly<Record<string, () => Promise<void>>> = {
    'the broker': async () => {
      await cluster.kafka.kill(0);
      await cluster.kafka.restart(0);
    },
    'the database': async () => {
      await cluster.mongo.kill();
      await cluster.mongo.restart();
    },
    ...Object.fromEntries(
      ['messaging', 'edge', 'auth'].map((name) => [
        `every ${name} process`,
        async () => {
          const victims = cluster.services.filter((service) => service.name === name);
          for (const victim of victims) await victim.server.kill('SIGKILL');
          for (const victim of victims) await cluster.restart(victim);
        },
      ]),
    ),
  };
  for (const [victim, kill] of Object.entries(killing)) {
    it(`${victim} killed with SIGKILL while people talk: nothing acknowledged is lost or doubled, the clients go on by themselves`, {
      timeout: 90_000,
    }, async ({ skip }) => {
      const given = (victim === 'the broker' && !cluster.kafka.touchable) || (victim === 'the database' && !cluster.mongo.touchable);
      if (given) skip('it was given by its address and is not ours to kill');
      const anna = await person(cluster.url, 'anna');
      const ben = await person(cluster.url, 'ben');
      const conversation = directId(anna.user, ben.user);
      const all = Array.from({ length: 60 }, (_, i) => `m${i}`);
      let acknowledged = 0;
      const sending = (async () => {
        for (const text of all) {
          await anna.client.send({ direct: ben.user }, text);
          acknowledged++;
        }
      })();
      await until('some are acknowledged', () => acknowledged >= 15);
      await kill();
      await sending;
      for (const { client } of [anna, ben]) {
        await until('the newest is there', () => texts(client, conversation).at(-1) === 'm59', 60_000);
        await loadAll(client, conversation);
        expect(texts(client, conversation)).toEqual(all);
        client.close();
      }
    });
  }
};

await describeOn(['kafka', 'mongo'], 'stories, on Kafka and MongoDB', onCluster);
