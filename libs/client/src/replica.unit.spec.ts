import type { MessageDoc, SyncConversation, SyncPage } from '@clatter/contract';
import { expect, it } from 'vitest';
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
