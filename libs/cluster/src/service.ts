import type { TopicSpec } from '@clatter/contract';
import type { Report } from '@clatter/engine';
import { feedWsListener } from '@clatter/feed-ws';
import { openKafkaLog } from '@clatter/log-kafka';
import type { Clock, DocumentStore, EventLog, FeedListener, Ids, Part } from '@clatter/ports';
import {
  adminPart,
  type ConfigOf,
  type ConfigTable,
  systemClock as clock,
  createHttp,
  fetchJwks,
  type HttpPlugin,
  systemIds as ids,
  type Jwks,
  jsonLog,
  loadConfig,
  printConfig,
  promMetrics,
  runProcess,
  startFailure,
  type TokenVerifier,
  tokenVerifier,
  unknownSettings,
} from '@clatter/runtime';
import { openMongoStore } from '@clatter/store-mongo';
import { clusterConfig } from './config.ts';

/** What a service of a cluster stands on: Kafka, MongoDB, and where its routers take feeds. */
export type Surroundings = {
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: FeedListener & Part;
  readonly report: Report;
  readonly tokens: TokenVerifier;
};

export type Wired = {
  /** started before HTTP is served, and stopped after it */
  readonly behind: readonly Part[];
  /** started once HTTP is served, and stopped before it */
  readonly before?: readonly Part[];
  readonly http: readonly HttpPlugin[];
  /** OpenAPI documents of other services, shown with the own one */
  readonly apis?: readonly string[];
  /** the signing keys, where they are this service's own */
  readonly jwks?: () => Promise<Jwks>;
};

export type ServiceOptions<T extends ConfigTable> = {
  readonly name: string;
  /** settings beyond those that all services share */
  readonly table: T;
  /** topics that it reads or writes: created where missing, else checked */
  readonly topics: readonly TopicSpec[];
  readonly wire: (around: Surroundings, config: ConfigOf<typeof clusterConfig & T>) => Wired | Promise<Wired>;
};

/** Runs one service as a process of a cluster until it is told to stop. Ends the process with 1 where it can't start, saying why. */
export const runService = <T extends ConfigTable>(options: ServiceOptions<T>): void => {
  run(options).catch((error: unknown) => {
    console.error(startFailure(error));
    process.exit(1);
  });
};

const run = async <T extends ConfigTable>({ name, table: own, topics, wire }: ServiceOptions<T>): Promise<void> => {
  const table = { ...clusterConfig, ...own };
  const config = loadConfig(table, process.env) as ConfigOf<typeof clusterConfig & T>;
  const { host, port, prefix, brokers, sessionTimeout, issuer, audience } = config as ConfigOf<typeof clusterConfig>;
  const logger = jsonLog(config.logLevel);
  for (const warning of unknownSettings(process.env)) logger.warn({}, warning);
  if (process.argv.includes('--print-config')) return console.log(printConfig(table, config as ConfigOf<typeof table>));
  const metrics = promMetrics();
  const log = await openKafkaLog({ brokers, clientId: `clatter-${name}`, prefix, clock, ids, log: logger, sessionTimeout });
  await log.ensureTopics(topics, config.partitions);
  const store = await openMongoStore({ url: config.mongoUrl, database: config.mongoDatabase });
  const listener = feedWsListener({ port: config.feedPort, host, credential: config.feedCredential });
  let jwks = fetchJwks(config.jwksUrl);
  const tokens = tokenVerifier({ jwks: () => jwks(), issuer, audience, clock });
  const wired = await wire({ log, store, clock, ids, listener, report: { log: logger, metrics }, tokens }, config);
  jwks = wired.jwks ?? jwks;
  const app = await createHttp({
    title: wired.apis?.length ? 'Clatter' : `Clatter ${name}`, // whoever shows the others' routes too speaks for all
    plugins: wired.http,
    tokens,
    log: logger,
    trustProxy: true,
    apis: wired.apis ?? [],
    limits: { requests: config.httpRequests },
  });
  const outside: Part = { name: 'Kafka and MongoDB', start: async () => {}, stop: async () => void (await Promise.all([log.close(), store.close()])) };
  const http: Part = { name: 'http', start: async () => void (await app.listen({ port, host })), stop: () => app.close() };
  const parts = [...wired.behind, http, ...(wired.before ?? [])];
  const admin = adminPart({ port: config.adminPort, host, parts: () => parts, text: () => metrics.text() });
  await runProcess({ name, parts: [outside, admin, ...parts], log: logger, graceMs: 30_000 });
  logger.info({ port }, `${name} runs`);
};
