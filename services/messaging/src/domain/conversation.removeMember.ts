import type { CommandData } from '@clatter/contract';
import type { Dated } from '@clatter/kernel';
import type { CommandRule } from './command.ts';

const named = (command: Dated): string => (command.data as CommandData<'conversation.removeMember'>).user;

/** Staff removes members and readers; only an owner removes an admin; nobody removes an owner, or himself (that is `leave`). */
export const removeMember: CommandRule = {
  users: (command) => [named(command)],
  decide: ({ command, role, roleOf }) => {
    const user = named(command);
    if (user === command.actor.user) return 'bad_request';
    const theirs = roleOf(user);
    if (theirs === undefined) return 'conflict';
    if (theirs === 'owner' || (theirs === 'admin' && role !== 'owner')) return 'forbidden';
    return [{ name: 'member.removed', data: { user, was: theirs } }];
  },
};
