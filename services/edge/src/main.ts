import { runService } from '@clatter/cluster';
import { AUTH_COLLECTIONS, READ_MODELS, TOPICS } from '@clatter/contract';
import { readModels } from '@clatter/engine';
import { feedWsDialer } from '@clatter/feed-ws';
import { MemoryFeeds } from '@clatter/memory';
import type { Part } from '@clatter/ports';
import { edgeConfig, edgeRouters } from './config.ts';
import { wireEdge, wireRouters } from './wire.ts';

runService({
  name: 'edge',
  table: { ...edgeConfig, ...edgeRouters },
  topics: Object.values(TOPICS).filter(({ service }) => service === 'messaging' || service === 'presence'),
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
    const presence = readModels({ service: 'presence', topics: [TOPICS.presenceEvents.name], collections: [READ_MODELS.presence], log, store, clock });
    const local = config.routers === 'local' ? new MemoryFeeds() : undefined;
    if (local) await log.ensureTopics([TOPICS.authEvents], config.partitions);
    const own = local ? wireRouters({ log, store, clock, ids, listener: local.listener(), report }) : [];
    const routers = { messaging: config.messagingRouters, auth: config.authRouters, presence: config.presenceRouters };
    const dialer = local?.dialer() ?? feedWsDialer({ routers, credential: config.feedCredential, ids });
    const runs = 'Every service runs in processes of its own. The events are in Kafka, all other data is in MongoDB.';
    const edge = wireEdge({ log, store, clock, ids, dialer, tokens, readModels: models, presence, report, runs }, config);
    const soft: Part = { name: presence.name, start: presence.start, stop: presence.stop }; // an edge serves without presence
    return { behind: [models, soft, ...own], http: edge.http, before: edge.parts, apis: config.apis };
  },
});
