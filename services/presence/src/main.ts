import { runService } from '@clatter/cluster';
import { READ_MODELS, TOPICS } from '@clatter/contract';
import { readModels } from '@clatter/engine';
import { presenceConfig } from './config.ts';
import { wirePresence } from './wire.ts';

runService({
  name: 'presence',
  table: presenceConfig,
  topics: Object.values(TOPICS).filter((topic) => topic.service === 'presence'),
  wire: (around, config) => {
    const { log, store, clock } = around;
    const messaging = readModels({ service: 'messaging', topics: [], collections: [READ_MODELS.members], log, store, clock });
    const { parts, http } = wirePresence({ ...around, messaging }, config);
    return { behind: [messaging, around.listener, ...parts], http };
  },
});
