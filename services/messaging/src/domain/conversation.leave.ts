import type { CommandRule } from './command.ts';

/** The last owner stays while others do, and must make another owner first. The last member may always leave. */
export const leave: CommandRule = {
  decide: ({ command, role, root }) => {
    if (role === 'owner' && root.owners === 1 && root.members > 1) return 'conflict';
    return [{ name: 'member.left', data: { user: command.actor.user, was: role } }];
  },
};
