import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Client,
  type ClientClock,
  type ClientOptions,
  memoryStorage,
  register,
  SessionTokens,
  type Storage,
  type Transport,
  webTransport,
} from '@clatter/client';
import { makeUuid7 } from '@clatter/kernel';
import { endsWithUs } from '../testbed/leftovers.ts';
import { SERVER_FLAGS } from '../testbed/serverFlags.ts';

export const clock: ClientClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Where a story plays: an address, and the edges behind it. */
export type Place = {
  url(): string;
  edges(): readonly string[];
  /** what all edges together expose at /metrics */
  metrics(): Promise<string>;
  /** where tokens are given out that last 6 s, and where they are good */
  brief(): Promise<{ readonly auth: string; readonly url: string; readonly edge: string }>;
};

/** A running Clatter: where to reach it, how to stop and kill it. */
export type Running = {
  readonly url: string;
  readonly admin: string;
  readonly process: ChildProcess;
  readonly output: () => string;
  kill(signal?: NodeJS.Signals): Promise<void>;
};

const root = new URL('../..', import.meta.url).pathname;

/** Settings under which stories play: many people from one address, and cheap passwords. */
export const SETTINGS = {
  CLATTER_REGISTRATIONS_PER_ADDRESS: '1000',
  CLATTER_LOGINS_PER_ADDRESS: '1000',
  CLATTER_ARGON2_KIB: '1024',
};

/** Starts the embedded mode in a process of its own; resolves when it says that it runs. */
export const startEmbedded = (env: Readonly<Record<string, string>> = {}): Promise<Running> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...SERVER_FLAGS, 'apps/standalone/src/main.ts'], {
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
      const [, url, admin] = /Clatter runs at (\S+)\n.* at (\S+)\/readyz/.exec(output) ?? [];
      if (!url || !admin) return;
      resolve({
        url,
        admin,
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

export const PASSWORD = 'correct horse battery';

/** `by`: the way of its socket, by default straight to the address; `auth`: where its tokens come from, by default the address. */
export type How = Partial<ClientOptions> & { readonly by?: Transport['connect']; readonly auth?: string };

/** A new account with a connected client. */
export const person = async (base: string, name: string, { auth = base, ...more }: How = {}): Promise<Person> => {
  const username = `${name}${(++people).toString(36)}x${process.pid.toString(36)}`;
  const session = await register(auth, { username, password: PASSWORD });
  const tokens = new SessionTokens(auth, clock, session);
  const storage = memoryStorage();
  const client = connect(base, tokens, storage, more);
  await until(`${name} is online`, () => client.status.is === 'online');
  return { name: username, client, user: session.user, tokens, storage };
};

export const connect = (base: string, tokens: SessionTokens, storage: Storage, { by, ...more }: How = {}): Client => {
  const transport = { ...webTransport(base, () => tokens.get(false)), ...(by ? { connect: by } : {}) };
  const client = new Client({ transport, storage, tokens, clock, random: Math.random, ...more });
  client.start();
  return client;
};

export const uuid7 = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4096), Math.random(), Math.random());

/** Texts of a conversation as a client holds them, in order. */
export const texts = (client: Client, conversation: string): string[] =>
  [...(client.state.get(conversation)?.messages.values() ?? [])].sort((a, b) => a.number - b.number).map((m) => m.text);

/** Pages the history of a conversation until all of it is held. */
export const loadAll = async (client: Client, conversation: string): Promise<void> => {
  for (let more = true; more; ) more = await client.history(conversation);
};

/** All texts of a conversation, once its client holds `count` messages up to the newest. */
export const allTexts = async (client: Client, conversation: string, count: number, within?: number): Promise<string[]> => {
  await until(`the conversation has ${count} messages`, () => client.state.get(conversation)?.doc.head.number === count, within);
  await until('nothing is under way', () => client.settled, within);
  await loadAll(client, conversation);
  return texts(client, conversation);
};

/** `m0`, `m1`, … */
export const numbered = (count: number): string[] => Array.from({ length: count }, (_, i) => `m${i}`);
