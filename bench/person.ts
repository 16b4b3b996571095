import { setTimeout as pause } from 'node:timers/promises';
import { register } from '@clatter/client';
import { makeUuid7, nextRef, type RefState } from '@clatter/kernel';
import { type LightSocket, type OnFrame, openSocket } from './socket.ts';
import type { Target } from './target.ts';

/** One socket that may talk: a logged-in session of Clatter, or a place in a room of the bare server. */
export type Person = { readonly user: string; command(name: string, data: object): void; send(text: string): void; close(): void };
export type Account = { readonly user: string; readonly token: string; readonly device: string };

const run = Date.now().toString(36);
let names = 0;

/** Runs `each` over a list, eight at a time. */
export const eachOf = async <T, R>(list: readonly T[], each: (one: T, i: number) => Promise<R>): Promise<R[]> => {
  const done: R[] = new Array(list.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < list.length; i = next++) done[i] = await each(list[i] as T, i);
  };
  await Promise.all(Array.from({ length: 8 }, work));
  return done;
};

export const account = async ({ accounts }: Target): Promise<Account> => {
  const name = `bench${run}x${(names++).toString(36)}`;
  if (accounts === undefined) return { user: name, token: '', device: '' };
  const { user, accessToken } = await register(accounts, { username: name, password: 'a long password' });
  return { user, token: accessToken, device: name };
};

/** ms for which a server may ask to come back later: read models that are behind, on a machine that is busy with other things */
const PATIENCE = 120_000;
const LATER = /"retry":"later"(?:,"after":(\d+))?/;

/** Connects and waits for `welcome`. `frame` gets every text frame after it; `closed` is told when the socket ends by itself. */
export const talk = async (url: string, account: Account, frame: OnFrame, closed: (why: string) => void): Promise<Person> => {
  for (const end = performance.now() + PATIENCE; ; ) {
    try {
      return await connected(url, account, frame, closed);
    } catch (error) {
      const [later, after] = LATER.exec(String(error)) ?? [];
      if (later === undefined || performance.now() > end) throw error;
      await pause(Number(after ?? 1_000));
    }
  }
};

const connected = async (url: string, { user, token, device }: Account, frame: OnFrame, closed: (why: string) => void): Promise<Person> => {
  let welcome = (): void => {};
  let failed = (_error: Error): void => {};
  const welcomed = new Promise<void>((resolve, reject) => {
    welcome = resolve;
    failed = reject;
  });
  welcomed.catch(() => {}); // nobody waits for it any more when a live socket ends
  let live = false;
  let ending = false;
  const first: OnFrame = (bytes, from, to) => {
    if (live) return frame(bytes, from, to);
    const text = bytes.toString('utf8', from, to);
    if (!text.includes('"type":"welcome"')) return failed(new Error(`no welcome: ${text}`));
    live = true;
    welcome();
  };
  const socket: LightSocket = await openSocket(url, first, (why) => {
    failed(new Error(why));
    if (live && !ending) closed(why);
  });
  if (token !== '') {
    socket.send(JSON.stringify({ type: 'hello', version: 1, token, device: { id: device } }));
    await welcomed.catch((error: unknown) => {
      ending = true;
      socket.close();
      throw error;
    });
  } else live = true;
  let refs: RefState | undefined;
  const command = (name: string, data: object): void => {
    refs = nextRef(refs, Date.now());
    const ref = makeUuid7(refs.ms, refs.counter, Math.random(), Math.random());
    socket.send(JSON.stringify({ type: 'command', ref, name, data }));
  };
  const close = (): void => {
    ending = true;
    socket.close();
  };
  return { user, command, send: socket.send, close };
};
