import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client, type ClientClock, webTransport } from '@clatter/client';
import { makeUuid7 } from '@clatter/kernel';
import { takeLock } from './lock.ts';
import { People } from './people.ts';
import { Program } from './program.ts';
import { Screen } from './screen.ts';
import { openSession } from './session.ts';
import { FileStorage } from './storage.ts';

const clock: ClientClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

const option = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
};

const main = async (): Promise<void> => {
  const username = process.argv.slice(2).find((word, i, words) => !word.startsWith('--') && !words[i - 1]?.startsWith('--'));
  if (!username) throw new Error('Who are you? npm run chat -- NAME [--url http://host:port]');
  const base = option('url') ?? process.env.CLATTER_URL ?? `http://127.0.0.1:${process.env.CLATTER_PORT ?? 8080}`;
  if (!URL.canParse(base)) throw new Error(`${base} is not an address: --url http://host:port`);
  const folder = join(process.env.CLATTER_DATA ?? './data', 'chat', `${username.toLowerCase()}@${new URL(base).host.replace(':', '_')}`);
  const storage = new FileStorage(folder);
  takeLock(folder);
  const tokens = await openSession(base, username, clock, storage);
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: process.stdin.isTTY === true });
  const screen = new Screen(lines);
  const client = new Client({
    transport: webTransport(base, () => tokens.get(false)),
    storage,
    tokens,
    clock,
    random: Math.random,
    deviceName: `chat of ${username}`,
  });
  const program = new Program(client, new People(base, tokens), screen, () => makeUuid7(Date.now(), 0, Math.random(), Math.random()));
  client.start();
  const leave = (): void => {
    program.leave();
    if (process.stdin.isTTY) process.stdout.write('\n');
    process.exit(0);
  };
  lines.on('SIGINT', leave);
  screen.line(`Hello ${username}. /to NAME begins, /help lists the rest.`);
  for await (const line of lines) {
    try {
      if (!(await program.take(line))) break;
    } catch (error) {
      screen.line(`! ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  leave();
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
