import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AUTH_LIMITS, authConfig } from '@clatter/auth';
import { CLIENT_LIMITS } from '@clatter/client';
import { LIMITS, type LimitRow } from '@clatter/contract';
import { EDGE_LIMITS, edgeConfig } from '@clatter/edge';
import { OWNER_LIMITS, PROJECTOR_LIMITS, ROUTER_LIMITS } from '@clatter/engine';
import { FEED_LIMITS } from '@clatter/feed-ws';
import { KAFKA_LIMITS } from '@clatter/log-kafka';
import { PRESENCE_LIMITS } from '@clatter/presence';
import { type ConfigTable, HTTP_LIMITS, httpConfig } from '@clatter/runtime';
import { SQLITE_LIMITS, SQLITE_STORE_LIMITS } from '@clatter/sqlite';
import { code, table } from './table.ts';

type Section = { readonly title: string; readonly prefix: string; readonly rows: Readonly<Record<string, LimitRow>>; readonly config?: ConfigTable };

/** Every limit there is, by where it holds. A setting of the same name as a row is its config key. */
const SECTIONS: readonly Section[] = [
  { title: 'Of the contract', prefix: '', rows: LIMITS, config: edgeConfig },
  { title: 'Of the edge', prefix: 'edge.', rows: EDGE_LIMITS, config: edgeConfig },
  { title: 'Of auth', prefix: 'auth.', rows: AUTH_LIMITS, config: authConfig },
  { title: 'Of presence', prefix: 'presence.', rows: PRESENCE_LIMITS },
  { title: 'Of every HTTP server', prefix: 'http.', rows: HTTP_LIMITS, config: httpConfig },
  { title: 'Of the owner', prefix: 'owner.', rows: OWNER_LIMITS },
  { title: 'Of the projector', prefix: 'projector.', rows: PROJECTOR_LIMITS },
  { title: 'Of the router', prefix: 'router.', rows: ROUTER_LIMITS },
  { title: 'Of feeds between processes', prefix: 'feed.', rows: FEED_LIMITS },
  { title: 'Of the log on Kafka', prefix: 'kafka.', rows: KAFKA_LIMITS },
  { title: 'Of the log on SQLite', prefix: 'sqlite.', rows: SQLITE_LIMITS },
  { title: 'Of documents on SQLite', prefix: 'sqliteStore.', rows: SQLITE_STORE_LIMITS },
  { title: 'Of the client', prefix: 'client.', rows: CLIENT_LIMITS },
];

/** Names of all limits, as tests and the page have them. */
export const limitNames = (): string[] => SECTIONS.flatMap(({ prefix, rows }) => Object.keys(rows).map((name) => prefix + name));

/** Which test files show which limit: a test's name begins with `limit <name>:` or `limits <name>, <name>:`. */
export const shownBy = (root: string): ReadonlyMap<string, readonly string[]> => {
  const shown = new Map<string, string[]>();
  for (const file of globSync('{libs,services,test}/**/*.spec.ts', { cwd: root, exclude: ['**/node_modules/**'] }).sort()) {
    for (const [, names = ''] of readFileSync(join(root, file), 'utf8').matchAll(/['"`]limits? ([\w.]+(?:, [\w.]+)*):/g)) {
      for (const name of names.split(', ')) shown.set(name, [...new Set([...(shown.get(name) ?? []), file])]);
    }
  }
  return shown;
};

const link = (file: string): string => `[${file.split('/').at(-1)?.replace('.spec.ts', '')}](../${file})`;

export const limitsPage = (root: string): string => {
  const shown = shownBy(root);
  const sections = SECTIONS.map(({ title, prefix, rows, config }) => {
    const lines = Object.entries<LimitRow>(rows).map(([name, { value, unit, beyond }]) => {
      const env = config?.[name]?.env;
      return [code(prefix + name), String(value), unit, env ? code(env) : '', beyond, (shown.get(prefix + name) ?? []).map(link).join(', ')];
    });
    return `## ${title}\n\n${table(['limit', 'default', 'unit', 'config key', 'beyond it', 'shown by'], lines)}`;
  });
  return [
    '# Limits',
    'Everything that can grow has a limit, and what happens beyond it is defined. This page is made from the tables in the code by `npm run docs`; `test/limits` goes against a running server with all of it at once: junk, floods, forged tokens, while its memory is measured.',
    ...sections,
  ].join('\n\n');
};
