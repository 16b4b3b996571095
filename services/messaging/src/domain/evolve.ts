import type { Role, TimelineEvents } from '@clatter/contract';
import { type Change, channel, type Draft } from '@clatter/kernel';
import { type Member, memberCell, type Root, rootCell } from './cells.ts';

type Fact = { readonly name: string; readonly seq?: number; readonly data: object };

/** How an accepted record changes cells. */
export const evolve = (record: Draft): readonly Change[] =>
  record.events.flatMap((fact) => [...membersBy(record.key, fact), { cell: rootCell(record.key), to: (root) => rootBy(fact, root as Root | undefined) }]);

const membersBy = (key: string, fact: Fact): readonly Change[] => {
  const put = (user: string, member: Member): Change => ({ cell: memberCell(key, user), to: () => member });
  switch (fact.name) {
    case 'members.added':
      return (fact.data as TimelineEvents['members.added']).members.map(({ user, role }) => put(user, { role }));
    case 'member.removed':
    case 'member.left':
      return [put((fact.data as TimelineEvents['member.left']).user, { gone: true })];
    case 'role.changed': {
      const { user, role } = fact.data as TimelineEvents['role.changed'];
      return [put(user, { role })];
    }
    default:
      return [];
  }
};

const EMPTY: Root = { kind: 'group', seq: 0, number: 0, members: 0, owners: 0 };

/** `seq` goes on without a gap, or this is not the state that the log says: then the partition must stop (P3). */
const rootBy = (fact: Fact, before: Root | undefined): Root => {
  const last = before?.seq ?? 0;
  if (fact.seq !== undefined && fact.seq !== last + 1) throw new Error(`seq ${fact.seq} follows ${last}`);
  const root: Root = { ...EMPTY, ...before, seq: fact.seq ?? last };
  switch (fact.name) {
    case 'conversation.created':
      return { ...root, kind: (fact.data as TimelineEvents['conversation.created']).kind };
    case 'members.added': {
      const { members } = fact.data as TimelineEvents['members.added'];
      return { ...root, members: root.members + members.length, owners: root.owners + members.filter((m) => m.role === 'owner').length };
    }
    case 'member.removed':
    case 'member.left':
      return { ...root, members: root.members - 1, owners: root.owners - owner((fact.data as TimelineEvents['member.left']).was) };
    case 'role.changed': {
      const { role, was } = fact.data as TimelineEvents['role.changed'];
      return { ...root, owners: root.owners + owner(role) - owner(was) };
    }
    case 'message.sent':
      return { ...root, number: (fact.data as TimelineEvents['message.sent']).number };
    default:
      return root;
  }
};

const owner = (role: Role): number => (role === 'owner' ? 1 : 0);

/** Everybody in the conversation, and whoever it makes a member or ceases to be one. */
export const address = (record: Draft): readonly string[] => {
  const channels = [channel.conversation(record.key)];
  for (const { name, data } of record.events as readonly Fact[]) {
    if (name === 'members.added') for (const { user } of (data as TimelineEvents['members.added']).members) channels.push(channel.user(user));
    if (name === 'member.removed' || name === 'member.left') channels.push(channel.user((data as TimelineEvents['member.left']).user));
  }
  return channels;
};
