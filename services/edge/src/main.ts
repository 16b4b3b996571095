import { runService } from '@clatter/cluster';
import { AUTH_COLLECTIONS, READ_MODELS, TOPICS } from '@clatter/contract';
import { readModels } from '@clatter/engine';
import { feedWsDialer } from '@clatter/feed-ws';
import { setting } from '@clatter/runtime';
import { edgeConfig } from './config.ts';
import { wireEdge } from './wire.ts';

const routers = {
  messagingRouters: setting('list', 'CLATTER_MESSAGING_ROUTERS', 'ws://host:port of messaging routers, separated by commas', {
    default: ['ws://127.0.0.1:8090'],
  }),
  authRouters: setting('list', 'CLATTER_AUTH_ROUTERS', 'ws://host:port of auth routers, separated by commas', { default: ['ws://127.0.0.1:8091'] }),
  apis: setting('list', 'CLATTER_APIS', 'OpenAPI documents of the other services, shown with the own one; URLs separated by commas', { default: [] }),
};

runService({
  name: 'edge',
  table: { ...edgeConfig, ...routers },
  topics: Object.values(TOPICS).filter((topic) => topic.service === 'messaging'),
  wire: async (around, config) => {
    const { log, store, clock, ids, report, tokens } = around;
    await store.ensure(Object.values(AUTH_COLLECTIONS));
    const models = readModels({
      service: 'messaging',
      topics: [TOPICS.messagingEvents.name, TOPICS.messagingMarks.name],
      collections: [READ_MODELS.members, READ_MODELS.conversations, READ_MODELS.marks],
      log,
      store,
      clock,
    });
    const dialer = feedWsDialer({ routers: { messaging: config.messagingRouters, auth: config.authRouters }, credential: config.feedCredential, ids });
    const runs = 'Every service runs in processes of its own. The events are in Kafka, all other data is in MongoDB.';
    const edge = wireEdge({ log, store, clock, ids, dialer, tokens, readModels: models, report, runs }, config);
    return { behind: [models], http: edge.http, before: edge.parts, apis: config.apis };
  },
});
