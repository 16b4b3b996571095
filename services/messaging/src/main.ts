import { TOPICS } from '@clatter/contract';
import { feedWsListener } from '@clatter/feed-ws';
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
  tokenVerifier,
} from '@clatter/runtime';
import { openMongoStore } from '@clatter/store-mongo';
import { messagingConfig } from './config.ts';
import { wireMessaging } from './wire.ts';

const table = { ...clusterConfig, ...messagingConfig };

const main = async (): Promise<void> => {
  const config = loadConfig(table, process.env);
  if (process.argv.includes('--print-config')) return console.log(printConfig(table, config));
  const log = jsonLog(config.logLevel);
  const metrics = promMetrics();
  const kafka = await openKafkaLog({
    brokers: config.brokers,
    clientId: 'clatter-messaging',
    prefix: config.prefix,
    clock,
    ids,
    log,
    sessionTimeout: config.sessionTimeout,
  });
  const topics = Object.values(TOPICS).filter((topic) => topic.service === 'messaging');
  await kafka.ensureTopics(topics, config.partitions);
  const store = await openMongoStore({ url: config.mongoUrl, database: config.mongoDatabase });
  const listener = feedWsListener({ port: config.feedPort, host: config.host, credential: config.feedCredential });
  const messaging = wireMessaging({ log: kafka, store, clock, ids, listener, report: { log, metrics } }, config);
  const tokens = tokenVerifier({ jwks: fetchJwks(config.jwksUrl), issuer: config.issuer, audience: config.audience, clock });
  const app = await createHttp({ title: 'Clatter messaging', plugins: messaging.http, tokens, log, trustProxy: true });
  const outside: Part = { name: 'Kafka and MongoDB', start: async () => {}, stop: async () => void (await Promise.all([kafka.close(), store.close()])) };
  const http: Part = { name: 'http', start: async () => void (await app.listen({ port: config.port, host: config.host })), stop: () => app.close() };
  const admin = adminPart({ port: config.adminPort, host: config.host, parts: () => messaging.parts, text: () => metrics.text() });
  await runProcess({ name: 'messaging', parts: [outside, admin, listener, ...messaging.parts, http], log, graceMs: 30_000 });
  log.info({ port: config.port, roles: config.roles }, 'messaging runs');
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
