import type { CommandData, TimelineEvents } from '@clatter/contract';
import type { CommandRule } from './command.ts';

/** Only what stands here changes: whatever else a command carries gets into no event. */
const changesOf = ({ title, topic, avatar, slowMode }: CommandData<'conversation.update'>): TimelineEvents['conversation.updated'] => ({
  ...(title === undefined ? {} : { title }),
  ...(topic === undefined ? {} : { topic }),
  ...(avatar === undefined ? {} : { avatar }),
  ...(slowMode === undefined ? {} : { slowMode }),
});

export const update: CommandRule = {
  decide: ({ command }) => {
    const changes = changesOf(command.data as CommandData<'conversation.update'>);
    if (Object.keys(changes).length === 0) return 'bad_request';
    return [{ name: 'conversation.updated', data: changes }];
  },
};
