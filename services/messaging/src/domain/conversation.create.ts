import type { CommandData, ConversationKind } from '@clatter/contract';
import type { Dated, Decision, GetCell } from '@clatter/kernel';
import { memberCell, rootCell, rootOf } from './cells.ts';
import { accepted } from './command.ts';

const dataOf = (command: Dated) => command.data as CommandData<'conversation.create'>;

export const createReads = (command: Dated): readonly string[] => [rootCell(command.key), memberCell(command.key, command.actor.user)];

/** Who creates a conversation owns it; the others named join in the same record. */
export const createDecide = (get: GetCell, command: Dated): Decision => {
  if (rootOf(get, command.key)) return { outcome: 'rejected', code: 'conflict' };
  const { kind, title, members } = dataOf(command);
  const creator = command.actor.user;
  const others = members.filter((user) => user !== creator);
  return accepted(command.key, 0, [
    { name: 'conversation.created', data: { kind: kind as ConversationKind, title } },
    {
      name: 'members.added',
      data: { members: [{ user: creator, role: 'owner' as const }, ...others.map((user) => ({ user, role: 'member' as const }))], joinedNumber: 0 },
    },
  ]);
};
