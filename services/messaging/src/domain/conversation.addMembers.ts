import { type CommandData, LIMITS } from '@clatter/contract';
import type { Dated } from '@clatter/kernel';
import type { CommandRule } from './command.ts';

const named = (command: Dated): readonly string[] => (command.data as CommandData<'conversation.addMembers'>).members;

/** Who is there already is left out; nobody new is a conflict. They see the whole history, but nothing of it counts as unread. */
export const addMembers: CommandRule = {
  users: named,
  decide: ({ command, root, roleOf }) => {
    const added = named(command).filter((user) => roleOf(user) === undefined);
    if (added.length === 0 || root.members + added.length > LIMITS.members.value) return 'conflict';
    return [{ name: 'members.added', data: { members: added.map((user) => ({ user, role: 'member' as const })), joinedNumber: root.number } }];
  },
};
