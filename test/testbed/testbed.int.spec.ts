import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';

const at = (file: string): string => JSON.stringify(new URL(file, import.meta.url).href);

const run = (
  code: string,
  env: Readonly<Record<string, string | undefined>> = {},
): { readonly child: ChildProcess; readonly said: () => string; readonly ended: Promise<number | null> } => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  return { child, said: () => said, ended: new Promise((resolve) => child.once('exit', resolve)) };
};

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the test bed', () => {
  const starts = `
    const { ServerProcess } = await import(${at('./server.ts')});
    const { temporaryFolder } = await import(${at('./leftovers.ts')});
    const folder = temporaryFolder('test');
    const server = new ServerProcess(process.execPath, ['-e', 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)'], folder);
    server.start();
    console.log('started ' + server.pid + ' ' + folder);`;

  it.each([
    ['killed', 'setInterval(() => {}, 1000);', (child: ChildProcess) => child.kill('SIGKILL')],
    ['interrupted', 'setInterval(() => {}, 1000);', (child: ChildProcess) => child.kill('SIGINT')],
    ['ended by an error that nobody caught', 'throw new Error("oh");', () => true],
  ])('leaves no server and no folder behind when the tests are %s', async (_how, then, end) => {
    const { child, said, ended } = run(starts + then);
    const found = (): RegExpExecArray | null => /started (\d+) (\S+)/.exec(said());
    await until('it has started its server', () => found() !== null);
    const [, pid, folder] = found() ?? [];
    end(child);
    await ended;
    await until('the server is gone', () => !alive(Number(pid)));
    await until('the folder is gone', () => !existsSync(String(folder)));
  });

  const asks = `
    const { whyNot } = await import(${at('./order.ts')});
    console.log('why: ' + (await whyNot(['kafka'])));`;
  const bare = { PATH: '/nowhere', KAFKA_BROKERS: undefined, DOCKER_HOST: undefined, TESTBED: undefined };

  it('where a server can not be had it says why, and with TESTBED=required it fails', async () => {
    const skipped = run(asks, bare);
    expect(await skipped.ended).toBe(0);
    expect(skipped.said()).toContain('why: no kafka: KAFKA_BROKERS is not set, no Docker engine answers, and java can not be run');
    const required = run(asks, { ...bare, TESTBED: 'required' });
    expect(await required.ended).not.toBe(0);
    expect(required.said()).toContain('Error: no kafka');
  });

  it('an address in the environment comes first', async () => {
    const given = run(asks, { ...bare, KAFKA_BROKERS: '127.0.0.1:1' });
    expect(await given.ended).toBe(0);
    expect(given.said()).toContain('why: undefined');
  });
});
