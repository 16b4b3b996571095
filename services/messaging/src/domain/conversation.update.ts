import type { CommandRule } from './command.ts';

export const update: CommandRule = {
  decide: ({ command }) => {
    const { conversation: _, ...changes } = command.data as { conversation: string; title?: string; topic?: string; avatar?: string; slowMode?: number };
    if (Object.keys(changes).length === 0) return 'bad_request';
    return [{ name: 'conversation.updated', data: changes }];
  },
};
