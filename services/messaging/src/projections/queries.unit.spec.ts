import { type ConversationDoc, LIMITS, type MemberDoc, type MessageDoc, READ_MODELS } from '@clatter/contract';
import { covers, encodeCursor, keyOf } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryStore } from '@clatter/memory';
import type { ReadModels } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { BEYOND } from './beyondEnd.ts';
import type { QueryDeps } from './deps.ts';
import { conversationOf, inboxPage, membersPage } from './inbox.query.ts';
import { messagesPage } from './messages.query.ts';
import { syncPage } from './sync.query.ts';

const C = 'c1';
const anna = { user: 'anna' };
const cursor = (events: number): string => encodeCursor({ logId: 'log', at: { 'messaging.events': [events], 'messaging.marks': [-1] } });

/** Read models with one conversation of `count` messages; message n stands at offset n. */
const open = async (count: number): Promise<{ deps: QueryDeps; store: MemoryStore }> => {
  const clock = new ManualClock();
  const store = new MemoryStore(freeHost('queries', clock));
  await store.ensure([...Object.values(READ_MODELS), BEYOND]);
  const doc: ConversationDoc = {
    conversation: C,
    kind: 'group',
    createdAt: 0,
    creator: 'anna',
    memberCount: 1,
    head: { seq: count + 2, number: count, at: 0 },
    rev: count,
  };
  const own: MemberDoc = { conversation: C, user: 'anna', role: 'owner', joinedRev: 0, joinedNumber: 0, rev: 0 };
  await store.put('conversations', C, doc);
  await store.put('members', keyOf.member(C, 'anna'), own);
  for (let number = 1; number <= count; number++) {
    const message: MessageDoc = { conversation: C, number, seq: number + 2, at: 0, author: 'anna', ref: 'r', kind: 'text', text: 'x', rev: number };
    await store.put('messages', keyOf.message(C, number), message);
  }
  const at = { 'messaging.events': [count], 'messaging.marks': [-1] };
  const readModels: ReadModels = { collection: (name) => name, checkpoints: async () => at, reached: async () => true, pinned: () => readModels };
  return {
    store,
    deps: {
      store,
      clock,
      log: { logId: 'log', partitions: () => 1, ends: async () => [{ start: 0, end: count + 1 }] },
      readModels,
    },
  };
};
const numbers = (messages: readonly MessageDoc[] | undefined): readonly (number | undefined)[] => [
  messages?.[0]?.number,
  messages?.at(-1)?.number,
  messages?.length,
];

describe('sync', () => {
  it('limit syncFresh: without a cursor a conversation comes with its newest 20', async () => {
    const { deps } = await open(250);
    const [one] = (await syncPage(deps, anna, {})).conversations;
    expect(one).toMatchObject({ conversation: C, fresh: true });
    expect(numbers(one?.messages)).toEqual([231, 250, 20]);
  });

  it('limits syncChanged, syncLimited: 200 that changed come all, 201 as `limited` with the newest 50', async () => {
    const { deps } = await open(250);
    const [all] = (await syncPage(deps, anna, { since: cursor(50) })).conversations;
    expect([all?.limited, ...numbers(all?.messages)]).toEqual([undefined, 51, 250, LIMITS.syncChanged.value]);
    const [some] = (await syncPage(deps, anna, { since: cursor(49) })).conversations;
    expect([some?.limited, ...numbers(some?.messages)]).toEqual([true, 201, 250, LIMITS.syncLimited.value]);
  });

  it('limit page: of a small conversation 200 marks, those of present members before those of former ones', async () => {
    const { deps: opened, store } = await open(3);
    const deps: QueryDeps = { ...opened, log: { ...opened.log, ends: async () => [{ start: 0, end: 1_000 }] } };
    let rev = 0;
    const marked = async (user: string): Promise<void> =>
      void (await store.put('marks', keyOf.mark(C, user), { conversation: C, user, number: 1, rev: ++rev }));
    for (let i = 0; i < LIMITS.page.value; i++) {
      const user = `former${i}`;
      await store.put('members', keyOf.member(C, user), { conversation: C, user, rev: 3, gone: true });
      await marked(user);
    }
    const present = ['anna', 'ben', 'zoe'];
    for (const user of present.slice(1)) await store.put('members', keyOf.member(C, user), { conversation: C, user, role: 'member', joinedRev: 2, rev: 2 });
    for (const user of present) await marked(user);
    const usersOf = async (marks: number): Promise<string[]> => {
      const since = encodeCursor({ logId: 'log', at: { 'messaging.events': [3], 'messaging.marks': [marks] } });
      const [one] = (await syncPage(deps, anna, marks < 0 ? {} : { since })).conversations;
      return (one?.marks ?? []).map(({ user }) => user);
    };
    const fresh = await usersOf(-1);
    expect(fresh).toEqual(expect.arrayContaining(present));
    expect(new Set(fresh).size).toBe(LIMITS.page.value);
    expect((await usersOf(rev - 2)).sort()).toEqual(['ben', 'zoe']);
  });

  it.each([
    ['a cursor of another log', encodeCursor({ logId: 'other', at: { 'messaging.events': [1], 'messaging.marks': [-1] } }), 'start_over'],
    ['a cursor of other topics', encodeCursor({ logId: 'log', at: { a: [1] } }), 'start_over'],
    ['a cursor of another number of partitions', encodeCursor({ logId: 'log', at: { 'messaging.events': [1, 1], 'messaging.marks': [-1] } }), 'start_over'],
    ["a cursor beyond the log's end, at first", cursor(99), 'unavailable'],
    ['no cursor at all', 'x', 'bad_request'],
    ['offsets that are none', '1.log.messaging.events=zzzzzzzzzzzzzz;messaging.marks=-1', 'bad_request'],
  ])('%s: %s', async (_, since, code) => {
    const { deps } = await open(3);
    await expect(syncPage(deps, anna, { since })).rejects.toMatchObject({ code });
  });

  it.each(['', 'x', btoa('null'), btoa('{}'), btoa('{"after":"c1","cursor":"x"}'), btoa('{"after":"c1"')])(
    'the page token %j is none: bad_request',
    async (next) => {
      const { deps } = await open(3);
      await expect(syncPage(deps, anna, { next })).rejects.toMatchObject({ code: 'bad_request' });
    },
  );
});

describe('pages', () => {
  it.each([0, -1, LIMITS.page.value + 1])('limit page: a page of %i is refused', async (limit) => {
    const { deps } = await open(3);
    await expect(messagesPage(deps, anna, C, { limit })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(syncPage(deps, anna, { limit })).rejects.toMatchObject({ code: 'bad_request' });
  });

  it('of history waits for the rev that its reader has seen, and is not given from before it (no command changes a message yet)', async () => {
    const { deps } = await open(5);
    const reached: ReadModels['reached'] = async (wanted) => covers({ 'messaging.events': [5] }, wanted);
    const readModels: ReadModels = { ...deps.readModels, reached, pinned: () => readModels };
    const late: QueryDeps = { ...deps, readModels };
    await expect(messagesPage(late, anna, C, { rev: 6 })).rejects.toMatchObject({ code: 'unavailable' });
    expect((await messagesPage(late, anna, C, { rev: 5 })).messages).toHaveLength(5);
    expect((await messagesPage(late, anna, C, { rev: 6 }, { historyRev: false })).messages, 'without the rule').toHaveLength(5);
  });

  it('of history: before, after and around, one of them', async () => {
    const { deps } = await open(250);
    const page = async (query: object) => numbers((await messagesPage(deps, anna, C, query)).messages);
    expect(await page({})).toEqual([201, 250, 50]);
    expect(await page({ before: 201, limit: 200 })).toEqual([1, 200, 200]);
    expect(await page({ after: 10, limit: 3 })).toEqual([11, 13, 3]);
    expect(await page({ before: 1 })).toEqual([undefined, undefined, 0]);
    expect((await messagesPage(deps, anna, C, { around: 100, limit: 10 })).messages.map((m) => m.number)).toContain(100);
    await expect(messagesPage(deps, anna, C, { before: 1, after: 1 })).rejects.toMatchObject({ code: 'bad_request' });
  });
});

describe('a conversation that is not yours', () => {
  it.each(['ben', ''])('does not exist for %j: not_found, as one that never was', async (user) => {
    const { deps, store } = await open(3);
    await store.put('members', keyOf.member(C, 'gone'), { conversation: C, user: 'gone', rev: 9, gone: true });
    for (const reader of [{ user }, { user: 'gone' }]) {
      for (const id of [C, 'nothing', '__proto__']) {
        const errors = await Promise.all(
          [conversationOf(deps, reader, id), messagesPage(deps, reader, id, {}), membersPage(deps, reader, id, undefined, 50)].map((p) =>
            p.then(
              () => 'ok',
              (e: { code: string; message: string }) => `${e.code} ${e.message}`,
            ),
          ),
        );
        expect(new Set(errors)).toEqual(new Set(['not_found There is no such conversation.']));
      }
      expect((await syncPage(deps, reader, {})).conversations).toEqual([]);
      expect((await inboxPage(deps, reader, undefined, 50)).conversations).toEqual([]);
    }
    const [told] = (await syncPage(deps, { user }, { conversation: C })).conversations;
    const [never] = (await syncPage(deps, { user }, { conversation: 'nothing' })).conversations;
    expect({ ...told, conversation: '' }).toEqual({ ...never, conversation: '' });
  });

  it('the inbox shows nothing that came after a removal, also where that is projected while it is read (P6)', async () => {
    const { deps, store } = await open(3);
    const range: typeof store.range = async (collection, ...rest) => {
      const rows = await store.range(collection, ...rest);
      // meanwhile, in the order in which a projector writes
      await store.put('members', keyOf.member(C, 'anna'), { conversation: C, user: 'anna', rev: 8, gone: true });
      const head = { seq: 7, number: 4, at: 1, lastMessage: { number: 4, author: 'ben', text: 'now that anna is gone', at: 1 } };
      await store.put('conversations', C, { conversation: C, kind: 'group', createdAt: 0, creator: 'anna', memberCount: 1, head, rev: 9 });
      return rows;
    };
    const racing = new Proxy(store, {
      get: (of, name) => {
        const value: unknown = name === 'range' ? range : Reflect.get(of, name);
        return typeof value === 'function' ? value.bind(of) : value;
      },
    });
    expect(JSON.stringify(await inboxPage({ ...deps, store: racing }, anna, undefined, 50))).not.toContain('now that anna is gone');
  });
});
