import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientClock, type ClientOptions, memoryStorage, register, SessionTokens, type Storage, webTransport } from '@clatter/client';
import { endsWithUs } from '../testbed/leftovers.ts';

export const clock: ClientClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** A running Clatter: where to reach it, how to stop and kill it. */
export type Running = { readonly url: string; readonly process: ChildProcess; readonly output: () => string; kill(signal?: NodeJS.Signals): Promise<void> };

const root = new URL('../..', import.meta.url).pathname;

/** Starts the embedded mode in a process of its own; resolves when it says that it runs. */
export const startEmbedded = (env: Readonly<Record<string, string>> = {}): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['apps/standalone/src/main.ts'], {
      cwd: root,
      env: {
        ...process.env,
        CLATTER_PORT: '0',
        CLATTER_DRAIN_MS: '50',
        CLATTER_REGISTRATIONS_PER_ADDRESS: '1000',
        CLATTER_LOGINS_PER_ADDRESS: '1000',
        CLATTER_ARGON2_KIB: '1024',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endsWithUs(child);
    let output = '';
    const gone = new Promise<void>((done) => child.once('exit', () => done()));
    child.once('exit', (code) => reject(new Error(`it ended with ${code}:\n${output}`)));
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
      const url = /Clatter runs at (\S+)/.exec(output)?.[1];
      if (!url) return;
      resolve({
        url,
        process: child,
        output: () => output,
        kill: async (signal = 'SIGTERM') => {
          child.kill(signal);
          await gone;
        },
      });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
  });

/** A folder for one test's data. */
export const dataFolder = (): { readonly path: string; remove(): void } => {
  const path = mkdtempSync(join(tmpdir(), 'clatter-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

/** Waits for a condition, never for a time. @throws with `what` after 20 s */
export const until = async (what: string, condition: () => boolean | Promise<boolean>, within = 20_000): Promise<void> => {
  const end = Date.now() + within;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`it did not happen within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

export type Person = { readonly name: string; readonly client: Client; readonly user: string; readonly tokens: SessionTokens; readonly storage: Storage };

let people = 0;

/** A new account with a connected client. */
export const person = async (base: string, name: string, more: Partial<ClientOptions> = {}): Promise<Person> => {
  const username = `${name}${(++people).toString(36)}x${process.pid.toString(36)}`;
  const session = await register(base, { username, password: 'correct horse battery' });
  const tokens = new SessionTokens(base, clock, session);
  const storage = memoryStorage();
  const client = connect(base, tokens, storage, more);
  await until(`${name} is online`, () => client.status.is === 'online');
  return { name: username, client, user: session.user, tokens, storage };
};

export const connect = (base: string, tokens: SessionTokens, storage: Storage, more: Partial<ClientOptions> = {}): Client => {
  const client = new Client({ transport: webTransport(base, () => tokens.get(false)), storage, tokens, clock, random: Math.random, ...more });
  client.start();
  return client;
};

/** Texts of a conversation as a client holds them, in order. */
export const texts = (client: Client, conversation: string): string[] =>
  [...(client.state.get(conversation)?.messages.values() ?? [])].sort((a, b) => a.number - b.number).map((m) => m.text);

/** Pages the history of a conversation until all of it is held. */
export const loadAll = async (client: Client, conversation: string): Promise<void> => {
  for (let more = true; more; ) more = await client.history(conversation);
};
