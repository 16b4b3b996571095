import { TOPICS } from '@clatter/contract';
import { feedWsListener } from '@clatter/feed-ws';
import { openKafkaLog } from '@clatter/log-kafka';
import type { Part } from '@clatter/ports';
import {
  adminPart,
  systemClock as clock,
  clusterConfig,
  createHttp,
  systemIds as ids,
  jsonLog,
  loadConfig,
  printConfig,
  promMetrics,
  runProcess,
  tokenVerifier,
} from '@clatter/runtime';
import { openMongoStore } from '@clatter/store-mongo';
import { authConfig } from './config.ts';
import { wireAuth } from './wire.ts';

const table = { ...clusterConfig, ...authConfig };

const main = async (): Promise<void> => {
  const config = loadConfig(table, process.env);
  if (process.argv.includes('--print-config')) return console.log(printConfig(table, config));
  const log = jsonLog(config.logLevel);
  const metrics = promMetrics();
  const report = { log, metrics };
  const kafka = await openKafkaLog({
    brokers: config.brokers,
    clientId: 'clatter-auth',
    prefix: config.prefix,
    clock,
    ids,
    log,
    sessionTimeout: config.sessionTimeout,
  });
  await kafka.ensureTopics([TOPICS.authEvents], config.partitions);
  const store = await openMongoStore({ url: config.mongoUrl, database: config.mongoDatabase });
  const listener = feedWsListener({ port: config.feedPort, host: config.host, credential: config.feedCredential });
  const auth = wireAuth({ log: kafka, store, clock, ids, listener, report }, config);
  const tokens = tokenVerifier({ jwks: auth.jwks, issuer: config.issuer, audience: config.audience, clock });
  const app = await createHttp({ title: 'Clatter auth', plugins: auth.http, tokens, log, trustProxy: true });
  const outside: Part = { name: 'Kafka and MongoDB', start: async () => {}, stop: async () => void (await Promise.all([kafka.close(), store.close()])) };
  const http: Part = { name: 'http', start: async () => void (await app.listen({ port: config.port, host: config.host })), stop: () => app.close() };
  const admin = adminPart({ port: config.adminPort, host: config.host, parts: () => auth.parts, text: () => metrics.text() });
  await runProcess({ name: 'auth', parts: [outside, admin, listener, ...auth.parts, http], log, graceMs: 30_000 });
  log.info({ port: config.port }, 'auth runs');
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
