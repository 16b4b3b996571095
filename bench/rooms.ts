import { makeUuid7 } from '@clatter/kernel';
import { type Account, account, eachOf, type Person, talk } from './person.ts';
import type { OnFrame } from './socket.ts';
import type { Target } from './target.ts';

/** A conversation with its members; nobody is connected yet. */
export type Room = { readonly name: string; readonly members: readonly Account[] };

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
/** of one command (protocol §3) */
const MEMBERS_AT_ONCE = 500;
const PING_EVERY = 20_000;

/** Registers people and makes their rooms. */
export const makeRooms = async (target: Target, count: number, members: number): Promise<Room[]> => {
  const accounts = await eachOf(Array.from({ length: count * members }), () => account(target));
  const rooms = Array.from({ length: count }, (_, r) => ({
    name: makeUuid7(Date.now(), r % 4_096, Math.random(), Math.random()),
    members: accounts.slice(r * members, (r + 1) * members),
  }));
  if (target.mode !== 'bare') await eachOf(rooms, (room) => found(target, room));
  return rooms;
};

export const urlOf = ({ mode, sockets }: Target, room: Room, i: number): string => {
  const url = sockets[i % sockets.length] as string;
  return mode === 'bare' ? `${url}/${room.name}` : url;
};

/** Connects everybody. `delivered` is told the index of every message at every member, its sender too. */
export const openRooms = async (target: Target, count: number, members: number, delivered: (index: number) => void): Promise<Rooms> => {
  const wrong = new Map<string, number>();
  const note = (what: string): void => void wrong.set(what, (wrong.get(what) ?? 0) + 1);
  const frame: OnFrame = (bytes, from, to) => {
    const at = bytes.indexOf(MARK, from);
    if (at >= 0 && at < to) return delivered(numberAt(bytes, at + MARK.length));
    if (bytes.subarray(from, to).includes(ERROR)) note(/"code":"(\w+)"/.exec(bytes.toString('utf8', from, to))?.[1] ?? 'error');
  };
  const rooms = await makeRooms(target, count, members);
  const people: Person[][] = await eachOf(rooms, (room) => eachOf(room.members, (one, i) => talk(urlOf(target, room, i), one, frame, note)));
  const everybody = people.flat();
  const pings = setInterval(() => {
    if (target.mode !== 'bare') for (const { send } of everybody) send('{"type":"ping"}');
  }, PING_EVERY);
  return {
    say: (index) => {
      const room = index % count;
      const speaker = people[room]?.[Math.floor(index / count) % members];
      speaker?.command('message.send', { conversation: rooms[room]?.name, kind: 'text', text: `@${index}.${WORDS}` });
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

/** The first member makes the room with the others in it, waits until that is answered, and leaves. */
const found = async (target: Target, room: Room): Promise<void> => {
  const [first, ...others] = room.members.map(({ user }) => user);
  const commands: [name: string, data: object][] = [];
  for (let i = 0; i === 0 || i < others.length; i += MEMBERS_AT_ONCE) {
    const members = others.slice(i, i + MEMBERS_AT_ONCE);
    if (i === 0) commands.push(['conversation.create', { conversation: room.name, kind: 'group', title: `room of ${first}`, members }]);
    else commands.push(['conversation.addMembers', { conversation: room.name, members }]);
  }
  await new Promise<void>((resolve, reject) => {
    let answered = 0;
    const frame: OnFrame = (bytes, from, to) => {
      const text = bytes.toString('utf8', from, to);
      if (text.includes('"type":"error"')) reject(new Error(`the room was not made: ${text}`));
      if (!text.includes('"type":"ok"') || ++answered < commands.length) return;
      founder.then(({ close }) => close()).then(resolve, reject);
    };
    const founder = talk(urlOf(target, room, 0), room.members[0] as Account, frame, (why) => reject(new Error(why)));
    founder.then(({ command }) => {
      for (const [name, data] of commands) command(name, data);
    }, reject);
  });
};

const numberAt = (bytes: Buffer, from: number): number => {
  let value = 0;
  for (let i = from; ; i++) {
    const digit = (bytes[i] as number) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
};
