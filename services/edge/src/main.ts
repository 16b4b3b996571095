import { AUTH_COLLECTIONS, READ_MODELS, TOPICS } from '@clatter/contract';
import { checkpointCollection, modelCollection, readModels } from '@clatter/engine';
import { feedWsDialer } from '@clatter/feed-ws';
import { openKafkaLog } from '@clatter/log-kafka';
import type { Part } from '@clatter/ports';
import {
  adminPart,
  systemClock as clock,
  clusterConfig,
  createHttp,
  fetchJwks,
  systemIds as ids,
  jsonLog,
  loadConfig,
  printConfig,
  promMetrics,
  runProcess,
  setting,
  tokenVerifier,
} from '@clatter/runtime';
import { openMongoStore } from '@clatter/store-mongo';
import { edgeConfig } from './config.ts';
import { wireEdge } from './wire.ts';

const routers = {
  messagingRouters: setting('list', 'CLATTER_MESSAGING_ROUTERS', 'ws://host:port of messaging routers, separated by commas', {
    default: ['ws://127.0.0.1:8090'],
  }),
  authRouters: setting('list', 'CLATTER_AUTH_ROUTERS', 'ws://host:port of auth routers, separated by commas', { default: ['ws://127.0.0.1:8091'] }),
};
const table = { ...clusterConfig, ...edgeConfig, ...routers };

const main = async (): Promise<void> => {
  const config = loadConfig(table, process.env);
  if (process.argv.includes('--print-config')) return console.log(printConfig(table, config));
  const log = jsonLog(config.logLevel);
  const metrics = promMetrics();
  const kafka = await openKafkaLog({
    brokers: config.brokers,
    clientId: 'clatter-edge',
    prefix: config.prefix,
    clock,
    ids,
    log,
    sessionTimeout: config.sessionTimeout,
  });
  const topics = Object.values(TOPICS).filter((topic) => topic.service === 'messaging');
  await kafka.ensureTopics(topics, config.partitions);
  const store = await openMongoStore({ url: config.mongoUrl, database: config.mongoDatabase });
  await store.ensure([
    ...Object.values(AUTH_COLLECTIONS),
    ...[READ_MODELS.members, READ_MODELS.conversations].map((c) => modelCollection(c, 1)),
    checkpointCollection('messaging', 1),
  ]);
  const models = readModels({ service: 'messaging', topics: [TOPICS.messagingEvents.name, TOPICS.messagingMarks.name], log: kafka, store, clock });
  const dialer = feedWsDialer({ routers: { messaging: config.messagingRouters, auth: config.authRouters }, credential: config.feedCredential, ids });
  const tokens = tokenVerifier({ jwks: fetchJwks(config.jwksUrl), issuer: config.issuer, audience: config.audience, clock });
  const edge = wireEdge({ log: kafka, store, clock, ids, dialer, tokens, readModels: models, report: { log, metrics } }, config);
  const app = await createHttp({ title: 'Clatter edge', plugins: edge.http, tokens, log, trustProxy: true });
  const outside: Part = { name: 'Kafka and MongoDB', start: async () => {}, stop: async () => void (await Promise.all([kafka.close(), store.close()])) };
  const http: Part = { name: 'http', start: async () => void (await app.listen({ port: config.port, host: config.host })), stop: () => app.close() };
  const admin = adminPart({ port: config.adminPort, host: config.host, parts: () => [models, ...edge.parts], text: () => metrics.text() });
  await runProcess({ name: 'edge', parts: [outside, admin, models, http, ...edge.parts], log, graceMs: 30_000 });
  log.info({ port: config.port }, 'edge runs');
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
