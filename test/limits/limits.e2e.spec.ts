import { request as httpRequest } from 'node:http';
import { request } from '@clatter/client';
import { CLOSE_CODES, ERROR_CODES, type InboxItem, LIMITS, type Problem, type SessionBody } from '@clatter/contract';
import { HTTP_LIMITS } from '@clatter/runtime';
import { forgeries, Random, rawSocket } from '@clatter/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { dataFolder, type Running, startEmbedded, until } from '../flow/harness.ts';
import { freePort } from '../testbed/port.ts';
import { describeOn } from '../testbed/suite.ts';
import { junkFrame, junkRequest } from './junk.ts';
import { account, answer, live, memory, uuid7, wellBehaved } from './victim.ts';

const SEED = 7;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const ROUNDS = 8;
const close = (reason: keyof typeof CLOSE_CODES): number => CLOSE_CODES[reason].code;

/** What a process took for an error: bad input is none. */
const defects = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => line.includes('"level":50'))
    .slice(0, 2)
    .map((line) => line.slice(0, 400));

/** The answer to an upgrade: its status and, where it was refused, the code. */
const upgrade = (url: string, headers: Readonly<Record<string, string>>): Promise<readonly [number | undefined, string | undefined]> =>
  new Promise((resolve, reject) => {
    const asked = httpRequest(`${url}/v1/ws`, {
      agent: false,
      headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', ...headers },
    });
    asked.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy();
      resolve([statusCode, undefined]);
    });
    asked.on('response', (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => resolve([response.statusCode, (JSON.parse(body) as Problem).code]));
    });
    asked.on('error', reject);
    asked.end();
  });

const refusal = async (url: string, init: RequestInit = {}): Promise<readonly [number, string | undefined]> => {
  const response = await fetch(url, init);
  const body = (await response.json().catch(() => undefined)) as Problem | undefined;
  return [response.status, body?.code];
};

/** What holds in every mode. */
const hostile = (url: () => string): void => {
  it('a page of another origin is refused at the upgrade with 403 forbidden; its own host, and programs, come in', async () => {
    expect(await upgrade(url(), { origin: 'https://evil.example' })).toEqual([403, 'forbidden']);
    expect(await upgrade(url(), { origin: 'null' })).toEqual([403, 'forbidden']);
    expect(await upgrade(url(), { origin: 'no url' })).toEqual([403, 'forbidden']);
    expect(await upgrade(url(), { origin: url() })).toEqual([101, undefined]);
    expect(await upgrade(url(), {})).toEqual([101, undefined]);
  });

  it('forged tokens: unauthenticated, and 4101, on the socket; 401 over HTTP', async () => {
    const session = await account(url());
    const { keys } = await request<{ keys: object[] }>(`${url()}/.well-known/jwks.json`);
    for (const [how, token] of Object.entries(forgeries(session.accessToken, keys[0] ?? {}))) {
      const socket = await rawSocket(url());
      await socket.send({ type: 'hello', version: 1, token, device: { id: 'd' } });
      expect(await socket.next((f) => f.type === 'error'), how).toMatchObject({ code: 'unauthenticated', retry: 'never' });
      expect((await socket.closed()).code, how).toBe(close('token_expired'));
      expect(await refusal(`${url()}/v1/me`, { headers: { authorization: `Bearer ${token}` } }), how).toEqual([401, 'unauthenticated']);
    }
  });

  it('limits frame, helloFrame: too large is closed 1009, a binary frame and what is no UTF-8 1007', async () => {
    const session = await account(url());
    const early = await rawSocket(url());
    await early.sendRaw(JSON.stringify({ type: 'hello', pad: 'x'.repeat(LIMITS.helloFrame.value) }));
    expect((await early.closed()).code).toBe(1009);
    for (const pad of [LIMITS.frame.value, 1024 * 1024]) {
      const large = await live(url(), session);
      await large.sendRaw(JSON.stringify({ type: 'ping', pad: 'x'.repeat(pad) }));
      expect((await large.closed()).code).toBe(1009);
    }
    const fits = await live(url(), session);
    await fits.sendRaw(JSON.stringify({ type: 'ping', pad: 'x'.repeat(LIMITS.frame.value - 100) }));
    expect((await fits.next(() => true)).type).toBe('pong');
    await fits.sendRaw(Buffer.from('{"type":"ping"}'), true);
    expect((await fits.closed()).code).toBe(1007);
    const broken = await live(url(), session);
    await broken.sendRaw(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), false);
    expect((await broken.closed()).code).toBe(1007);
  });

  it('a conversation of others does not exist, as one that never was does not: on the socket and over HTTP', async () => {
    const [anna, eve] = [await account(url(), 'anna'), await account(url(), 'eve')];
    const [hers, mine] = [await live(url(), anna), await live(url(), eve)];
    const conversation = uuid7();
    expect(await answer(hers, 'conversation.create', { conversation, kind: 'group', title: 'walk', members: [] })).toBe('ok');
    const asked = async (id: string): Promise<unknown> => {
      const get = async (path: string): Promise<unknown> => {
        const response = await fetch(`${url()}/v1/conversations/${id}${path}`, { headers: { authorization: `Bearer ${eve.accessToken}` } });
        return [response.status, await response.json()];
      };
      const said = [];
      for (const [name, data] of [
        ['message.send', { kind: 'text', text: 'hi' }],
        ['conversation.update', { title: 'x' }],
        ['conversation.addMembers', { members: [eve.user] }],
        ['conversation.removeMember', { user: anna.user }],
        ['conversation.leave', {}],
        ['conversation.setRole', { user: eve.user, role: 'owner' }],
      ] as const)
        said.push(await answer(mine, name, { conversation: id, ...data }));
      return [await get(''), await get('/members'), await get('/messages'), said];
    };
    const theirs = await asked(conversation);
    expect(theirs).toEqual(await asked(uuid7()));
    expect(JSON.stringify(theirs)).toContain('not_found');
    expect(JSON.stringify(theirs)).not.toContain('forbidden');
    expect(await answer(mine, 'conversation.create', { conversation, kind: 'group', title: 'mine', members: [] })).toBe('conflict');
    await mine.send({ type: 'read', conversation, number: 1 });
    await mine.send({ type: 'typing', conversation, on: true });
    await mine.send({ type: 'ping' });
    await mine.next((f) => f.type === 'pong');
    expect(hers.frames.filter((f) => f.type === 'typing' || f.type === 'mark')).toEqual([]);
    expect(mine.frames.filter((f) => f.type === 'event')).toEqual([]);
  });

  it('unknown names and what does not fit: bad_request or bad_frame, and the socket goes on', async () => {
    const socket = await live(url(), await account(url()));
    for (const name of ['message.shout', '', 'toString', '__proto__']) expect(await answer(socket, name, {}), name).toBe('bad_request');
    expect(await answer(socket, 'message.send', { conversation: 'c1', kind: 'text', text: 'x'.repeat(LIMITS.text.value + 1) })).toBe('too_large');
    expect(await answer(socket, 'message.send', { conversation: 'c1', kind: 'text', text: '\ud800' })).toBe('bad_request');
    await socket.sendRaw('{"type":"shout"}');
    expect(await socket.next((f) => f.type === 'error')).toMatchObject({ code: 'bad_frame' });
    await socket.send({ type: 'ping' });
    await socket.next((f) => f.type === 'pong');
  });

  it('fields that no command has get nowhere', async () => {
    const session = await account(url());
    const socket = await live(url(), session);
    const conversation = uuid7();
    await answer(socket, 'conversation.create', { conversation, kind: 'group', title: 'walk', members: [] });
    const ref = uuid7();
    const junk = `"memberCount":7,"kind":"direct","head":{"number":9},"rev":0,"__proto__":{"x":1},"deep":${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    await socket.sendRaw(`{"type":"command","ref":"${ref}","name":"conversation.update","data":{"conversation":"${conversation}","title":"ride",${junk}}}`);
    expect((await socket.next((f) => (f.type === 'ok' || f.type === 'error') && f.ref === ref)).type).toBe('ok');
    const event = socket.frames.findLast((f) => f.type === 'event');
    expect(event).toMatchObject({ events: [{ name: 'conversation.updated', data: { title: 'ride' } }] });
    expect(Object.keys(event?.type === 'event' ? (event.events[0]?.data ?? {}) : {})).toEqual(['title']);
    await until('the read model has it', async () => {
      const response = await fetch(`${url()}/v1/conversations/${conversation}`, { headers: { authorization: `Bearer ${session.accessToken}` } });
      if (response.status !== 200) return false;
      const { conversation: doc } = (await response.json()) as InboxItem;
      expect(doc).toMatchObject({ kind: 'group', memberCount: 1, head: { number: 0 } });
      return doc.title === 'ride';
    });
  });
};

/** `count` junk frames and requests of one seed: codes of the tables only, never a defect. */
const fuzz = async (url: string, session: SessionBody, seed: number, count: number): Promise<Readonly<Record<string, number>>> => {
  const random = new Random(seed);
  const seen: Record<string, number> = {};
  const note = (what: string): void => {
    seen[what] = (seen[what] ?? 0) + 1;
  };
  for (let done = 0; done < count; ) {
    const socket = await live(url, session, `fuzz${seed}`);
    let over: number | undefined;
    const closed = socket.closed().then(
      ({ code }) => {
        over = code;
      },
      () => {},
    );
    // in portions, so that the rate of a session is not what answers
    for (let i = 0; i < 40 && done < count && over === undefined; i++, done++) await socket.sendRaw(junkFrame(random)).catch(() => {});
    if (over === undefined) {
      await socket.send({ type: 'ping' }).catch(() => {});
      await Promise.race([socket.next((f) => f.type === 'pong').catch(() => {}), closed]);
    }
    if (over === undefined) socket.close();
    await closed;
    // 1005: closed by us; 1006: closed by the server while we still wrote, and its code was lost with what we wrote
    wellBehaved(socket, over === 1005 || over === 1006 ? undefined : over);
    note(`closed ${over}`);
    for (const frame of socket.frames) if (frame.type === 'error') note(frame.code);
  }
  for (let i = 0; i < count; i++) {
    const { method, path, headers, body } = junkRequest(random, session.accessToken);
    const large = (body?.length ?? 0) > HTTP_LIMITS.body.value;
    const asking = (): Promise<Response> => fetch(`${url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });
    // a large one is refused, and cut off while we still send; the next may be put on that connection while it closes
    const response = await asking().catch(() => (large ? undefined : asking()));
    const text = (await response?.text()) ?? '';
    note(String(response?.status ?? 'cut off'));
    // the proxy before the cluster speaks for a service that answered 413 and closed while the body was still coming
    if (!response || (response.status === 503 && text === '' && large)) continue;
    expect(response.status, `${method} ${path} ${body?.slice(0, 200)}: ${text}`).toBeLessThan(500);
    if (response.status < 400) continue;
    expect(response.headers.get('content-type'), `${response.status} ${method} ${path} ${JSON.stringify(headers)}: ${text}`).toContain(
      'application/problem+json',
    );
    const { code, status } = JSON.parse(text) as Problem;
    expect(Object.keys(ERROR_CODES), text).toContain(code);
    expect(status).toBe(response.status);
  }
  return seen;
};

const GENEROUS = { CLATTER_REGISTRATIONS_PER_ADDRESS: '1000', CLATTER_LOGINS_PER_ADDRESS: '1000', CLATTER_ARGON2_KIB: '1024' };

describe('bad input and floods, embedded', () => {
  const data = dataFolder();
  let clatter: Running;
  let admin: number;
  const url = (): string => clatter.url;

  beforeAll(async () => {
    admin = await freePort();
    clatter = await startEmbedded({
      CLATTER_DATA: data.path,
      CLATTER_ADMIN_PORT: String(admin),
      NODE_OPTIONS: '--max-old-space-size=192 --max-semi-space-size=8',
      ...GENEROUS,
    });
  });
  afterAll(async () => {
    await clatter?.kill();
    data.remove();
  });

  hostile(url);

  it('limit helloWithin: who says nothing is closed 4009, within 5 s and a little', async () => {
    const began = Date.now();
    const silent = await rawSocket(url());
    const babbling = await rawSocket(url());
    const words = setInterval(() => void babbling.sendRaw('{"type":"ping"}').catch(() => {}), 100);
    expect((await silent.closed()).code).toBe(close('heartbeat_missed'));
    expect((await babbling.closed()).code).toBe(close('heartbeat_missed'));
    clearInterval(words);
    expect(Date.now() - began).toBeGreaterThan(LIMITS.helloWithin.value - 500);
  });

  it(`junk of seed ${SEED}: every answer has a code of the tables, nothing is taken for a defect`, { timeout: 120_000 }, async () => {
    const seen = await fuzz(url(), await account(url()), SEED, 600);
    say(`junk of seed ${SEED}: ${JSON.stringify(seen)}`);
    expect(seen.bad_frame).toBeGreaterThan(50);
    expect(defects(clatter.output())).toEqual([]);
    expect(clatter.process.exitCode).toBeNull();
  });

  it('floods from many sockets and over HTTP: refused with codes, closed 4229, memory stays flat, and others go on', { timeout: 240_000 }, async () => {
    const [anna, ...floods] = await Promise.all(Array.from({ length: 21 }, (_, i) => account(url(), `f${i}`)));
    if (!anna) throw new Error('nobody');
    const open = async (): Promise<number> =>
      Number(/^clatter_edge_sessions (\d+)$/m.exec(await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text())?.[1] ?? Number.NaN);
    const others = await open(); // sockets of other tests, on their way to a missed heartbeat
    const honest = await live(url(), anna);
    const conversation = uuid7();
    expect(await answer(honest, 'conversation.create', { conversation, kind: 'group', title: 'calm', members: [] })).toBe('ok');
    const seen: Record<string, number> = {};
    const note = (what: string): void => {
      seen[what] = (seen[what] ?? 0) + 1;
    };
    /** Two sockets of each flood until they are closed; others come and go, say too much, or ask without end over HTTP. */
    const round = async (): Promise<void> => {
      const flooding = floods.flatMap((session, i) =>
        ['a', 'b'].map(async (device) => {
          const socket = await live(url(), session, device);
          let over = false;
          const closed = socket.closed().then(({ code }) => {
            over = true;
            note(`closed ${code}`);
          });
          const text =
            i % 2 === 0 ? '{"type":"ping"}' : JSON.stringify({ type: 'command', ref: uuid7(), name: 'x'.repeat(60), data: { pad: 'x'.repeat(2_000) } });
          for (let n = 0; !over && n < 3_000; n++) await socket.sendRaw(text).catch(() => {});
          await closed;
          for (const frame of socket.frames) if (frame.type === 'error') note(frame.code);
          wellBehaved(socket);
        }),
      );
      const passing = Array.from({ length: 100 }, async (_, i) => {
        const socket = await rawSocket(url());
        if (i % 3 === 0) await socket.sendRaw(JSON.stringify({ type: 'hello', pad: 'x'.repeat(i % 2 === 0 ? 5_000 : 100_000) }));
        if (i % 3 === 1) socket.cut();
        else await (i % 3 === 2 ? Promise.resolve(socket.close()) : socket.closed());
      });
      const asking = Array.from({ length: 20 }, async (_, i) => {
        for (let n = 0; n < 50; n++) {
          const body = JSON.stringify({ ref: uuid7(), name: 'message.send', data: { conversation, kind: 'text', text: 'x'.repeat(10_000) } });
          const token = floods[i]?.accessToken ?? '';
          const [status, code] = await refusal(`${url()}${n % 2 ? '/v1/commands' : '/v1/sync'}`, {
            ...(n % 2 ? { method: 'POST', body } : {}),
            headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          });
          note(`${status} ${code ?? 'ok'}`);
        }
      });
      await Promise.all([...flooding, ...passing, ...asking]);
      expect(await answer(honest, 'message.send', { conversation, kind: 'text', text: 'calm' })).toBe('ok');
    };
    const used: number[] = [];
    for (let i = 0; i < ROUNDS; i++) {
      await round();
      used.push(Math.round(await memory(admin)));
    }
    say(`floods: ${used.join(', ')} MiB after each of ${ROUNDS} rounds; ${JSON.stringify(seen)}`);
    expect(seen[`closed ${close('abuse')}`]).toBe(ROUNDS * 40);
    expect(seen.rate_limited).toBeGreaterThan(1_000);
    expect(used.at(-1)).toBeLessThan((used[2] ?? 0) + 48);
    expect(defects(clatter.output())).toEqual([]);
    expect(clatter.process.exitCode).toBeNull();
    await until('the flood is gone', async () => (await open()) <= others + 1);
  });

  it('tokens that have ended, and those of another audience signed with our own key', { timeout: 60_000 }, async () => {
    const own = dataFolder();
    const elsewhere = await startEmbedded({ CLATTER_DATA: own.path, CLATTER_AUDIENCE: 'elsewhere' });
    const foreign = await account(elsewhere.url);
    await elsewhere.kill();
    const here = await startEmbedded({ CLATTER_DATA: own.path, CLATTER_ACCESS_MINUTES: '0.05' });
    const brief = await account(here.url);
    const hello = async (token: string): Promise<unknown> => {
      const socket = await rawSocket(here.url);
      await socket.send({ type: 'hello', version: 1, token, device: { id: 'd' } });
      const first = await socket.next(() => true);
      return [first.type === 'error' ? first.code : first.type, (await socket.closed()).code];
    };
    const me = (token: string) => refusal(`${here.url}/v1/me`, { headers: { authorization: `Bearer ${token}` } });
    expect(await hello(foreign.accessToken)).toEqual(['unauthenticated', close('token_expired')]);
    expect(await me(foreign.accessToken)).toEqual([401, 'unauthenticated']);
    expect((await me(brief.accessToken))[0]).toBe(200);
    // a live session whose token ends is told and closed; then the token is no good for a new one
    expect(await hello(brief.accessToken)).toEqual(['welcome', close('token_expired')]);
    expect(await hello(brief.accessToken)).toEqual(['token_expired', close('token_expired')]);
    expect(await me(brief.accessToken)).toEqual([401, 'token_expired']);
    await here.kill();
    own.remove();
  });
});

const onCluster = (): void => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ env: GENEROUS });
  }, 180_000);
  afterAll(() => cluster?.stop());

  hostile(() => cluster.url);

  it('one refresh token at two auth processes at once: of what is given for it at most one is good, and the next reuse ends the session', async () => {
    const second = await cluster.add('auth', {});
    const ports = [cluster.services.find((one) => one.name === 'auth')?.port, second.port];
    const session = await account(cluster.url);
    const refresh = async (port: number | undefined, refreshToken: string | undefined): Promise<SessionBody | number> => {
      const response = await fetch(`http://127.0.0.1:${port}/v1/sessions/refresh`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken, tokens: 'body' }),
      });
      return response.ok ? ((await response.json()) as SessionBody) : response.status;
    };
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => refresh(ports[i % 2], session.refreshToken)));
    const given = answers.filter((one) => typeof one === 'object');
    for (const one of answers) if (typeof one === 'number') expect([401, 503]).toContain(one);
    expect(given.length).toBeGreaterThan(0);
    expect(new Set(given.map((one) => one.refreshToken)).size).toBe(given.length);
    const good: boolean[] = [];
    for (const { refreshToken } of given) good.push(typeof (await refresh(ports[good.length % 2], refreshToken)) === 'object');
    expect(good.filter(Boolean).length).toBeLessThanOrEqual(1);
    say(`refresh at two processes: ${given.length} of 8 answered, ${good.filter(Boolean).length} of them good`);
    // the token that all began with has been replaced for good by now: who brings it is a thief
    if (given.length > 1) expect(await refresh(ports[0], session.refreshToken)).toBe(401);
    const socket = await rawSocket(cluster.url);
    await socket.send({ type: 'hello', version: 1, token: session.accessToken, device: { id: 'd' } });
    if (given.length > 1) expect((await socket.closed()).code).toBe(close('session_revoked'));
  });

  it(`junk of seed ${SEED + 1}: every process lives, every answer has a code of the tables`, { timeout: 120_000 }, async () => {
    const seen = await fuzz(cluster.url, await account(cluster.url), SEED + 1, 150);
    say(`junk of seed ${SEED + 1}: ${JSON.stringify(seen)}`);
    for (const { name, server } of cluster.services) {
      expect(server.running, name).toBe(true);
      expect(defects(server.output), name).toEqual([]);
    }
  });
};

await describeOn(['kafka', 'mongo'], 'bad input, on Kafka and MongoDB', onCluster);
