import type { EventFrame, MessageDoc, SyncConversation, SyncPage } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import { describe, expect, it } from 'vitest';
import { Emitter } from './events.ts';
import { Replica } from './replica.ts';

const C = 'c1';
const message = (number: number): MessageDoc => ({
  conversation: C,
  number,
  seq: number + 2,
  rev: number + 10,
  at: number,
  author: 'ben',
  ref: `r${number}`,
  kind: 'text',
  text: `m${number}`,
});

/** A page whose messages may be ahead of the conversation's head, as they are read after it. */
const page = (head: number, numbers: readonly number[], more: Partial<SyncConversation> = {}): SyncPage => ({
  cursor: `cursor${head}`,
  conversations: [
    {
      conversation: C,
      doc: { conversation: C, kind: 'group', creator: 'ben', createdAt: 1, memberCount: 2, rev: head + 10, head: { seq: head + 2, number: head, at: head } },
      own: { conversation: C, user: 'anna', role: 'member', joinedRev: 1, joinedNumber: 0, rev: 1 },
      messages: numbers.map(message),
      marks: [],
      ...more,
    },
  ],
});

it('a message that a sync brought ahead of its conversation is told once, also when the next sync brings it again', async () => {
  const pages = [page(1, [1, 2, 3], { fresh: true }), page(4, [2, 3, 4])];
  const events = new Emitter();
  const told: number[] = [];
  events.on('message', (event) => told.push(event.message.number));
  let synced = (): void => {};
  const replica = new Replica({
    transport: { sync: async () => pages.shift() ?? page(4, []), messages: async () => ({ messages: [] }) },
    clock: { now: () => 0, after: () => () => {} },
    random: () => 0,
    rules: {},
    events,
    snapshot: undefined,
    stored: () => {},
    calm: () => {},
    synced: () => synced(),
  });
  for (const upto of ['a', 'b']) {
    const done = new Promise<void>((resolve) => (synced = resolve));
    replica.connected('anna', upto);
    await done;
  }
  expect([...(replica.state.get(C)?.messages.keys() ?? [])]).toEqual([1, 2, 3, 4]);
  expect(told).toEqual([1, 2, 3, 4]);
});

describe('a gap', () => {
  /** A replica that holds C up to message 1, and what it asks for and waits for from then on. */
  const open = async () => {
    const waits: { readonly ms: number; readonly over: () => void }[] = [];
    let answer: () => Promise<SyncPage> = async () => page(1, [1], { fresh: true });
    let asked = 0;
    let synced = (): void => {};
    const replica = new Replica({
      transport: {
        // whoever asks without a pause would keep the test from ending
        sync: () => (++asked > 20 ? new Promise(() => {}) : answer()),
        messages: async () => ({ messages: [] }),
      },
      clock: {
        now: () => 0,
        after: (ms, over) => {
          waits.push({ ms, over });
          return () => {};
        },
      },
      random: () => 0.5,
      rules: {},
      events: new Emitter(),
      snapshot: undefined,
      stored: () => {},
      calm: () => {},
      synced: () => synced(),
    });
    const connect = async (): Promise<void> => {
      const done = new Promise<void>((resolve) => (synced = resolve));
      replica.connected('anna', 'a');
      await done;
      asked = 0;
    };
    await connect();
    return {
      replica,
      connect,
      answers: (run: () => Promise<SyncPage>) => (answer = run),
      asked: () => asked,
      /** ms of the waits so far */
      waited: () => waits.map(({ ms }) => ms),
      /** Ends the last wait, and lets everything come to rest. */
      passes: async () => {
        waits.at(-1)?.over();
        await rest();
      },
    };
  };
  const rest = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const frame = (number: number): EventFrame => {
    const { seq, rev, at, author, ref, kind, text } = message(number);
    const events = [{ name: 'message.sent', seq, data: { number, ref, kind, text } }];
    return { type: 'event', conversation: C, rev, at, actor: { user: author }, events } as unknown as EventFrame;
  };
  const refused = async (): Promise<SyncPage> => {
    throw new ClatterError('bad_request', 'No.');
  };

  it('whose sync fails for good is tried again after a growing wait; once it closed, the next one begins anew', async () => {
    const { replica, answers, asked, waited, passes } = await open();
    answers(refused);
    replica.frame(frame(3));
    await rest();
    expect([asked(), waited()]).toEqual([1, [250]]);
    replica.frame(frame(4));
    await passes();
    await passes();
    expect([asked(), waited()]).toEqual([3, [250, 500, 1_000]]);
    answers(async () => page(2, [2]));
    await passes();
    expect([...(replica.state.get(C)?.messages.keys() ?? [])]).toEqual([1, 2, 3, 4]);
    expect(replica.calm).toBe(true);
    answers(refused);
    replica.frame(frame(6));
    await rest();
    expect([asked(), waited()]).toEqual([5, [250, 500, 1_000, 250]]);
  });

  it('that its sync leaves open, as the read models are behind, waits too', async () => {
    const { replica, asked, waited, passes } = await open();
    replica.frame(frame(3));
    await rest();
    await passes();
    expect([asked(), waited()]).toEqual([2, [250, 500]]);
  });

  it('is forgotten with its connection', async () => {
    const { replica, connect, answers, asked, waited, passes } = await open();
    answers(refused);
    replica.frame(frame(3));
    await rest();
    replica.lost();
    answers(async () => page(1, [1]));
    await connect();
    await passes();
    expect([asked(), replica.calm]).toEqual([0, true]);
    answers(refused);
    replica.frame(frame(3));
    await rest();
    expect([asked(), waited()]).toEqual([1, [250, 250]]);
  });
});
