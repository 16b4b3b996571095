import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { register } from '@clatter/client';
import { rawSocket } from '@clatter/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endsWithUs } from '../testbed/leftovers.ts';
import { freePort } from '../testbed/port.ts';
import { dataFolder, PASSWORD, type Running, SETTINGS, startEmbedded, until } from './harness.ts';

const root = new URL('../..', import.meta.url).pathname;
const MAIN = 'apps/standalone/src/main.ts';

/** Runs a program to its end. */
const run = (
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(name, args, { cwd: root, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    endsWithUs(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    child.once('close', (code) => resolve({ code, output }));
  });

describe('what a newcomer meets', () => {
  const data = dataFolder();
  let clatter: Running;
  beforeAll(async () => {
    clatter = await startEmbedded({ ...SETTINGS, CLATTER_DATA: data.path });
  });
  afterAll(async () => {
    await clatter?.kill();
    data.remove();
  });

  it('npm start says in a few lines where it runs, where its data is and what to do next; ctrl-c ends it with 0', async () => {
    const own = dataFolder();
    const port = await freePort();
    const child = spawn('npm', ['start'], { cwd: root, env: { ...process.env, CLATTER_DATA: own.path, CLATTER_PORT: String(port) }, detached: true });
    endsWithUs(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    await until('it says what to do next', () => output.includes('npm run chat'));
    const said = output.split('\n').filter((line) => line !== '' && !line.startsWith('>'));
    expect(said.length).toBeLessThanOrEqual(3);
    expect(said.join('\n')).toContain(`http://127.0.0.1:${port}\n`);
    expect(said.join('\n')).toContain(own.path);
    // as a terminal does it: to the whole group
    process.kill(-(child.pid as number), 'SIGINT');
    expect(await ended).toBe(0);
    own.remove();
  });

  it('the address serves a page that leads on, the API as a page and as OpenAPI, and a problem for what is not there', async () => {
    const page = await fetch(clatter.url);
    expect(page.headers.get('content-type')).toContain('text/html');
    const text = await page.text();
    for (const [, link] of text.matchAll(/href="([^"]+)"/g)) expect((await fetch(`${clatter.url}${link}`)).status, link).toBe(200);
    expect(text).toContain('npm run chat');
    const api = (await (await fetch(`${clatter.url}/v1/openapi.json`)).json()) as { paths: object };
    for (const path of ['/v1/commands', '/v1/sync', '/v1/accounts', '/v1/sessions/refresh', '/v1/conversations'])
      expect(Object.keys(api.paths)).toContain(path);
    const nothing = await fetch(`${clatter.url}/v1/nothing`);
    expect(nothing.status).toBe(404);
    expect(nothing.headers.get('content-type')).toContain('application/problem+json');
    expect(await nothing.json()).toMatchObject({ code: 'not_found' });
  });

  it('health and metrics are where it said', async () => {
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`${clatter.admin}${path}`);
      return [response.status, await response.text()];
    };
    expect(await get('/livez')).toEqual([200, 'ok\n']);
    await until('it is ready', async () => (await get('/readyz'))[0] === 200);
    const [status, metrics] = await get('/metrics');
    expect(status).toBe(200);
    expect(metrics).toMatch(/^clatter_edge_sessions \d+$/m);
    expect((await get('/nothing'))[0]).toBe(404);
  });

  it('a second process on the same data is refused, and the first goes on', async () => {
    const { code, output } = await run(process.execPath, [MAIN], { CLATTER_DATA: data.path, CLATTER_PORT: '0' });
    expect(code).toBe(1);
    expect(output).toBe(`${data.path}/log.sqlite is in use by another process.\n`);
    expect((await fetch(`${clatter.url}/v1/openapi.json`)).status).toBe(200);
  });

  it('a port in use: one line that names it', async () => {
    const own = dataFolder();
    const { host, port } = new URL(clatter.url);
    const { code, output } = await run(process.execPath, [MAIN], { CLATTER_DATA: own.path, CLATTER_PORT: port });
    expect(code).toBe(1);
    expect(output).toBe(`${host} is in use by another program: stop it, or choose another port.\n`);
    own.remove();
  });

  it('wrong settings are named all at once, and nothing is started', async () => {
    const { code, output } = await run(process.execPath, [MAIN], {
      CLATTER_PORT: 'abc',
      CLATTER_ACCESS_MINUTES: '9999',
      CLATTER_SECURE_COOKIES: 'maybe',
      CLATTER_LOG: 'loud',
    });
    expect(code).toBe(1);
    const lines = output.trim().split('\n');
    expect(lines).toHaveLength(5);
    for (const name of ['CLATTER_PORT', 'CLATTER_ACCESS_MINUTES', 'CLATTER_SECURE_COOKIES', 'CLATTER_LOG'])
      expect(lines.filter((line) => line.startsWith(`  ${name} is `))).toHaveLength(1);
  });

  it('a folder for the data is made with all that leads to it; where it can not be made, that is said', async () => {
    const own = dataFolder();
    const deep = join(own.path, 'a', 'b');
    const busy = await run(process.execPath, [MAIN], { CLATTER_DATA: deep, CLATTER_PORT: new URL(clatter.url).port });
    expect(busy.output).toContain('is in use by another program');
    expect(existsSync(join(deep, 'log.sqlite'))).toBe(true);
    const file = join(own.path, 'file');
    writeFileSync(file, '');
    for (const path of ['/proc/clatter', file, join(file, 'data')]) {
      const { code, output } = await run(process.execPath, [MAIN], { CLATTER_DATA: path, CLATTER_PORT: '0' });
      expect(code).toBe(1);
      expect(output).toContain(`  CLATTER_DATA can not be a folder: ${path} (`);
      expect(output.trim().split('\n')).toHaveLength(2);
    }
    own.remove();
  });

  it.each([
    ['the embedded mode', [MAIN, '--print-config']],
    ['a service of a cluster', ['services/presence/src/main.ts', '--print-config']],
    ['a command of an operator', ['apps/clatter/src/main.ts', 'help']],
  ])('%s names a variable that sets nothing, and goes on', async (_, args) => {
    const needed = { KAFKA_BROKERS: 'k:1', MONGO_URL: 'mongodb://m', CLATTER_FEED_CREDENTIAL: 'x' };
    const { code, output } = await run(process.execPath, args, { ...needed, CLATTER_PROT: '1234', CLATTER_MESSAGING_ROLES: 'http' });
    expect(code).toBe(0);
    expect(output.match(/CLATTER_\w+ is not a setting.*?one\./g)).toEqual(['CLATTER_PROT is not a setting and is ignored; CLATTER_PORT is one.']);
  });

  it('a command of an operator on a folder that is not there says so, and makes none', async () => {
    const nowhere = `${data.path}-nowhere`;
    const { code, output } = await run('node', ['apps/clatter/src/main.ts', 'topics'], { CLATTER_DATA: nowhere, KAFKA_BROKERS: '', MONGO_URL: '' });
    expect(code).toBe(2);
    expect(output).toContain(nowhere);
    expect(output.trim().split('\n')).toHaveLength(2);
    expect(existsSync(nowhere)).toBe(false);
  });

  it('chat with an address that is none, or where nothing runs: one line that says so', async () => {
    for (const url of ['nonsense', `http://127.0.0.1:${await freePort()}`]) {
      const own = dataFolder();
      const { code, output } = await run('node', ['apps/chat/src/main.ts', 'zed', '--url', url], { CLATTER_DATA: own.path, CLATTER_PASSWORD: PASSWORD });
      own.remove();
      expect(code).toBe(1);
      expect(output.trim().split('\n')).toHaveLength(1);
      expect(output).toContain(url);
    }
  });

  it('--print-config prints every setting, and no secret', async () => {
    const { code, output } = await run(process.execPath, [MAIN, '--print-config'], { CLATTER_KEY_SECRET: 'hush-hush', CLATTER_PORT: '1234' });
    expect(code).toBe(0);
    expect(output).toContain('CLATTER_PORT=1234');
    expect(output).toContain('CLATTER_KEY_SECRET=(secret)');
    expect(output).not.toContain('hush');
  });

  it.each(['auth', 'edge', 'messaging'])('%s, a process of the cluster, names all that it lacks and keeps secrets too', async (service) => {
    const main = `services/${service}/src/main.ts`;
    const bare = { KAFKA_BROKERS: '', MONGO_URL: '', CLATTER_FEED_CREDENTIAL: '' };
    const { code, output } = await run(process.execPath, [main], bare);
    expect(code).toBe(1);
    for (const name of Object.keys(bare)) expect(output).toContain(`${name} is missing`);
    const given = { KAFKA_BROKERS: 'k:1', MONGO_URL: 'mongodb://me:hush@m', CLATTER_FEED_CREDENTIAL: 'hush' };
    const printed = await run(process.execPath, [main, '--print-config'], given);
    expect(printed.code).toBe(0);
    expect(printed.output).toContain('KAFKA_BROKERS=k:1');
    expect(printed.output).not.toContain('hush');
  });
});

describe('told to stop', () => {
  /** A server of its own with one session on it. */
  const withSession = async (drain: string) => {
    const data = dataFolder();
    const clatter = await startEmbedded({ ...SETTINGS, CLATTER_DATA: data.path, CLATTER_DRAIN_MS: drain });
    const { accessToken } = await register(clatter.url, { username: 'anna', password: PASSWORD });
    const socket = await rawSocket(clatter.url);
    await socket.hello(accessToken);
    return { data, clatter, socket, ended: () => clatter.process.exitCode };
  };

  it('SIGTERM: clients are told to come back elsewhere, closed 4001, and it ends with 0', async () => {
    const { data, clatter, socket, ended } = await withSession('300');
    clatter.process.kill('SIGTERM');
    expect(await socket.next((frame) => frame.type === 'drain')).toEqual({ type: 'drain', after: 0, by: 300 });
    expect((await socket.closed()).code).toBe(4001);
    await until('it ended', () => ended() !== null, 10_000);
    expect(ended()).toBe(0);
    data.remove();
  });

  it('a second signal ends it at once, with 1', async () => {
    const { data, clatter, socket, ended } = await withSession('60000');
    clatter.process.kill('SIGTERM');
    await socket.next((frame) => frame.type === 'drain');
    expect(ended()).toBe(null);
    const again = async (): Promise<boolean> => {
      clatter.process.kill('SIGTERM'); // at first it may count as the same one
      return ended() !== null;
    };
    await until('it ended', again, 3_000);
    expect(ended()).toBe(1);
    data.remove();
  });
});
