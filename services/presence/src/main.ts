import { runService } from '@clatter/cluster';
import { READ_MODELS, TOPICS } from '@clatter/contract';
import { modelCollection, readModels } from '@clatter/engine';
import { presenceConfig } from './config.ts';
import { wirePresence } from './wire.ts';

runService({
  name: 'presence',
  table: presenceConfig,
  topics: Object.values(TOPICS).filter((topic) => topic.service === 'presence'),
  wire: async (around, config) => {
    const { log, store, clock } = around;
    await store.ensure([modelCollection(READ_MODELS.members, 1), modelCollection(READ_MODELS.presence, 1)]);
    const messaging = readModels({ service: 'messaging', topics: [], log, store, clock });
    const { parts, http } = wirePresence({ ...around, messaging }, config);
    return { behind: [messaging, around.listener, ...parts], http };
  },
});
