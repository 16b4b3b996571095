import { randomUUID } from 'node:crypto';
import { makeUuid7 } from '@clatter/kernel';
import { until } from '../test/flow/harness.ts';
import { type Account, account, eachOf, type Person, talk } from './person.ts';
import type { OnFrame } from './socket.ts';
import type { Target } from './target.ts';

export type Rooms = {
  /** sends message `index`; the rooms take turns, and in each its members */
  say(index: number): void;
  /** what went wrong since the last call, counted by code */
  problems(): string;
  close(): void;
};

const MARK = Buffer.from('"@');
const ERROR = Buffer.from('"type":"error"');
/** what a message says besides its number: about as long as a line of a chat */
const WORDS = ' the quick brown fox jumps over the lazy dog and goes home for tea';
const MEMBERS_AT_ONCE = 500;

/** Fills rooms with people. `delivered` is told the index of every message at every member, its sender too. */
export const openRooms = async (target: Target, count: number, members: number, delivered: (index: number) => void): Promise<Rooms> => {
  const wrong = new Map<string, number>();
  const note = (what: string): void => void wrong.set(what, (wrong.get(what) ?? 0) + 1);
  const frame: OnFrame = (bytes, from, to) => {
    const at = bytes.indexOf(MARK, from);
    if (at >= 0 && at < to) return delivered(numberAt(bytes, at + MARK.length));
    if (bytes.subarray(from, to).includes(ERROR)) note(/"code":"(\w+)"/.exec(bytes.toString('utf8', from, to))?.[1] ?? 'error');
  };
  const names = Array.from({ length: count }, () => conversationId());
  const accounts = await eachOf(Array.from({ length: count * members }), () => account(target));
  const of = (room: number): Account[] => accounts.slice(room * members, (room + 1) * members);
  const urlOf = (i: number, room: string): string => {
    const url = target.sockets[i % target.sockets.length] as string;
    return target.mode === 'bare' ? `${url}/${room}` : url;
  };
  const people: Person[][] = await eachOf(names, async (room, r) => {
    const [first, ...others] = of(r) as [Account, ...Account[]];
    const founder = await found(urlOf(r, room), first, room, others, frame, note);
    const rest = await eachOf(others, (one, i) => talk(urlOf(i + r + 1, room), one, frame, note));
    return [founder, ...rest];
  });
  const everybody = people.flat();
  const pings = setInterval(() => {
    if (target.mode !== 'bare') for (const { send } of everybody) send('{"type":"ping"}');
  }, 20_000);
  return {
    say: (index) => {
      const room = index % count;
      const speaker = people[room]?.[Math.floor(index / count) % members];
      speaker?.command('message.send', { conversation: names[room], kind: 'text', text: `@${index}.${WORDS}` });
    },
    problems: () => {
      const text = [...wrong].map(([what, times]) => `${times} × ${what}`).join(', ');
      wrong.clear();
      return text;
    },
    close: () => {
      clearInterval(pings);
      for (const { close } of everybody) close();
    },
  };
};

const conversationId = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4_096), Math.random(), Math.random());

/** The first one of a room makes it, and waits until the session is sent it; who comes after it is there finds it in the inbox. */
const found = async (url: string, first: Account, room: string, others: readonly Account[], frame: OnFrame, closed: (why: string) => void): Promise<Person> => {
  if (first.token === '') return talk(url, first, frame, closed);
  let joined = false;
  let answers = 0;
  const founder = await talk(
    url,
    first,
    (bytes, from, to) => {
      if (!joined || answers >= 0) {
        const text = bytes.toString('utf8', from, to);
        if (text.includes('"conversation.joined"')) joined = true;
        if (text.includes('"type":"ok"')) answers++;
      }
      frame(bytes, from, to);
    },
    closed,
  );
  const users = others.map(({ user }) => user);
  founder.command('conversation.create', { conversation: room, kind: 'group', title: randomUUID(), members: users.slice(0, MEMBERS_AT_ONCE) });
  let asked = 1;
  for (let i = MEMBERS_AT_ONCE; i < users.length; i += MEMBERS_AT_ONCE, asked++)
    founder.command('conversation.addMembers', { conversation: room, members: users.slice(i, i + MEMBERS_AT_ONCE) });
  await until('the room is there', () => joined && answers >= asked);
  answers = -1;
  return founder;
};

const numberAt = (bytes: Buffer, from: number): number => {
  let value = 0;
  for (let i = from; ; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
};
