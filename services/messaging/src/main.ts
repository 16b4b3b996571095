import { runService } from '@clatter/cluster';
import { TOPICS } from '@clatter/contract';
import { messagingConfig } from './config.ts';
import { wireMessaging } from './wire.ts';

runService({
  name: 'messaging',
  table: messagingConfig,
  topics: Object.values(TOPICS).filter((topic) => topic.service === 'messaging'),
  wire: (around, config) => {
    const { parts, http } = wireMessaging(around, config);
    return { behind: [around.listener, ...parts], http };
  },
});
