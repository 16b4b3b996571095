import { join } from 'node:path';
import { wireAuth } from '@clatter/auth';
import { TOPICS } from '@clatter/contract';
import { wireEdge } from '@clatter/edge';
import { MemoryFeeds } from '@clatter/memory';
import { wireMessaging } from '@clatter/messaging';
import type { FeedDialer, Part } from '@clatter/ports';
import { wirePresence } from '@clatter/presence';
import { adminPart, type ConfigOf, createHttp, type Logger, promMetrics, systemClock, systemIds, tokenVerifier } from '@clatter/runtime';
import { openSqliteLog, openSqliteStore } from '@clatter/sqlite';
import type { standaloneConfig } from './config.ts';
import { makeDataFolder } from './dataFolder.ts';

export type Standalone = { readonly parts: readonly Part[]; url(): string; adminUrl(): string };

export type ComposeOptions = {
  /** what the edge's feeds go through, for whoever cuts them */
  readonly through?: (dialer: FeedDialer) => FeedDialer;
};

/** Opens the files and wires all services into one list of parts. @throws where the data is in use or can't be opened */
export const compose = async (
  config: ConfigOf<typeof standaloneConfig>,
  log: Logger,
  { through = (dialer) => dialer }: ComposeOptions = {},
): Promise<Standalone> => {
  makeDataFolder(config.data);
  const clock = systemClock;
  const ids = systemIds;
  const metrics = promMetrics();
  const report = { log, metrics };
  const died = (error: Error): void => {
    log.error({ error }, 'a file of data can not be used any more: the process ends');
    process.exit(1);
  };
  const eventLog = await openSqliteLog({ path: join(config.data, 'log.sqlite'), clock, ids, log, died });
  const accounts = openSqliteStore({ path: join(config.data, 'accounts.sqlite'), durable: true, died });
  const store = openSqliteStore({ path: join(config.data, `store-${eventLog.logId}.sqlite`), durable: false, died });
  await eventLog.ensureTopics(Object.values(TOPICS), config.partitions);

  const feeds = new MemoryFeeds();
  const base = { log: eventLog, clock, ids, report, listener: feeds.listener() };
  const auth = wireAuth({ ...base, store: accounts }, config);
  // a rebuild shares its threads with the chat
  const messaging = wireMessaging({ ...base, store }, { roles: ['owner', 'projector', 'router', 'http'] }, { buildRecords: 150 });
  const presence = wirePresence({ ...base, store, messaging: messaging.readModels }, { roles: ['owner', 'projector', 'router', 'http'] });
  const tokens = tokenVerifier({ jwks: () => auth.jwks(), issuer: config.issuer, audience: config.audience, clock });
  const runs = 'All services run in this one process: edge, auth, messaging, presence. Their data is in SQLite.';
  const dialer = through(feeds.dialer());
  const edge = wireEdge(
    { ...base, store, accountStore: accounts, dialer, tokens, readModels: messaging.readModels, presence: presence.readModels, runs },
    config,
  );

  const app = await createHttp({
    title: 'Clatter',
    plugins: [...auth.http, ...messaging.http, ...presence.http, ...edge.http],
    tokens,
    log,
    limits: { requests: config.httpRequests },
  });
  const http: Part = {
    name: 'http',
    start: async () => void (await app.listen({ port: config.port, host: config.host })),
    stop: () => app.close(),
  };
  const files: Part = {
    name: 'files',
    start: async () => {},
    stop: async () => {
      await eventLog.close();
      await store.close();
      await accounts.close();
    },
  };
  const services = [...auth.parts, ...messaging.parts, ...presence.parts, ...edge.parts];
  const admin = adminPart({ port: config.adminPort, host: config.host, parts: () => services, text: () => metrics.text() });
  const url = (): string => {
    const at = app.server.address();
    return `http://${config.host}:${at && typeof at === 'object' ? at.port : config.port}`;
  };
  const adminUrl = (): string => `http://${config.host}:${admin.address()}`;
  return { parts: [files, admin, ...auth.parts, ...messaging.parts, ...presence.parts, http, ...edge.parts], url, adminUrl };
};
