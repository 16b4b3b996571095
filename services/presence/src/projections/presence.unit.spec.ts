import { LIMITS, type MemberDoc, READ_MODELS } from '@clatter/contract';
import { directId, keyOf } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryStore } from '@clatter/memory';
import type { ReadModels } from '@clatter/ports';
import { expect, it } from 'vitest';
import { projectPresence } from './presence.project.ts';
import { CONVERSATIONS, presenceOf, type QueryDeps } from './presence.query.ts';

const anna = { user: 'anna' };

const open = async (): Promise<{ deps: QueryDeps; member(conversation: string, user: string, gone?: true): Promise<unknown>; store: MemoryStore }> => {
  const store = new MemoryStore(freeHost('queries', new ManualClock()));
  await store.ensure(Object.values(READ_MODELS));
  const models: ReadModels = { collection: (name) => name, checkpoints: async () => ({}), reached: async () => true, pinned: () => models };
  return {
    store,
    deps: { store, presence: models, messaging: models },
    member: (conversation, user, gone) => {
      const row: MemberDoc = { conversation, user, role: 'member', joinedRev: 0, joinedNumber: 0, rev: 0, ...(gone ? { gone } : {}) };
      return store.put('members', keyOf.member(conversation, user), row);
    },
  };
};

it('status and last seen of those who share a conversation; others are left out', async () => {
  const { deps, member, store } = await open();
  for (const user of ['ben', 'carl', 'dora']) for (const one of ['anna', user]) await member(directId('anna', user), one);
  await member('left', 'anna', true);
  await member('left', 'eve');
  await store.put('presence', 'ben', { user: 'ben', status: 'online', lastSeen: 5, rev: 1 });
  await store.put('presence', 'carl', { user: 'carl', status: 'away', lastSeen: 6, rev: 2 });
  await store.put('presence', 'eve', { user: 'eve', status: 'online', lastSeen: 7, rev: 3 });
  expect(await presenceOf(deps, anna, ['carl', 'ben', 'dora', 'eve', 'nobody', 'ben'])).toEqual({
    presence: [
      { user: 'carl', status: 'away', lastSeen: 6 },
      { user: 'ben', status: 'online' },
      { user: 'dora', status: 'offline' },
    ],
  });
});

it('limit presenceAsked: 200 users at once', async () => {
  const { deps } = await open();
  const users = Array.from({ length: LIMITS.presenceAsked.value }, (_, i) => `u${i}`);
  expect(await presenceOf(deps, anna, users)).toEqual({ presence: [] });
  await expect(presenceOf(deps, anna, [...users, 'one-more'])).rejects.toMatchObject({ code: 'bad_request' });
});

it('limit presence.conversations: so many of the reader are looked at', async () => {
  const { deps, member } = await open();
  for (let i = 0; i < CONVERSATIONS + 1; i++) await member(`c${String(i).padStart(6, '0')}`, 'anna');
  await member(`c${String(CONVERSATIONS - 1).padStart(6, '0')}`, 'ben');
  await member(`c${String(CONVERSATIONS).padStart(6, '0')}`, 'carl');
  expect((await presenceOf(deps, anna, ['ben'])).presence).toHaveLength(1);
  expect((await presenceOf(deps, anna, ['carl'])).presence).toEqual([]);
});

it('the projection keeps the newest status of a user, and nothing of leases', () => {
  const data = { user: 'ben', status: 'away', lastSeen: 9 };
  const ended = { name: 'lease.ended', v: 1, data: { user: 'ben', lease: 'l', holder: 'h', slot: 0, at: 1 } };
  const changes = projectPresence({ value: { events: [ended, { name: 'presence.changed', v: 1, data }] } });
  expect(changes.map(({ collection, key, to }) => ({ collection, key, doc: to(undefined, 1) }))).toEqual([{ collection: 'presence', key: 'ben', doc: data }]);
});
