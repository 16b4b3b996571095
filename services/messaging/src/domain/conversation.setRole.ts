import type { CommandData } from '@clatter/contract';
import type { Dated } from '@clatter/kernel';
import type { CommandRule } from './command.ts';

const dataOf = (command: Dated) => command.data as CommandData<'conversation.setRole'>;

/** There is always an owner. */
export const setRole: CommandRule = {
  users: (command) => [dataOf(command).user],
  decide: ({ command, root, roleOf }) => {
    const { user, role } = dataOf(command);
    const before = roleOf(user);
    if (before === undefined || before === role) return 'conflict';
    if (before === 'owner' && root.owners === 1) return 'conflict';
    return [{ name: 'role.changed', data: { user, role, was: before } }];
  },
};
