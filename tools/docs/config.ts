import { authConfig } from '@clatter/auth';
import { clusterConfig } from '@clatter/cluster';
import { edgeConfig, edgeRouters } from '@clatter/edge';
import { messagingConfig } from '@clatter/messaging';
import { presenceConfig } from '@clatter/presence';
import type { ConfigTable, Setting } from '@clatter/runtime';
import { standaloneConfig } from '../../apps/standalone/src/config.ts';
import { code, table } from './table.ts';

/** Every process and its settings; in a cluster each service has those of `clusterConfig` too. */
export const PROCESSES: Readonly<Record<string, { readonly about: string; readonly config: ConfigTable }>> = {
  'embedded mode': { about: '`npm start`: all services in one process.', config: standaloneConfig },
  'every service of a cluster': { about: 'What `services/*/src/main.ts` share.', config: clusterConfig },
  auth: { about: 'Beyond those that every service has.', config: authConfig },
  edge: { about: 'Beyond those that every service has.', config: { ...edgeConfig, ...edgeRouters } },
  messaging: { about: 'Beyond those that every service has.', config: messagingConfig },
  presence: { about: 'Beyond those that every service has.', config: presenceConfig },
};

const shown = (value: Setting['default']): string => {
  if (value === undefined) return '(required)';
  const text = Array.isArray(value) ? value.join(',') : String(value);
  return text === '' ? '(empty)' : code(text);
};

const range = ({ type, min, max }: Setting): string => {
  if (min === undefined && max === undefined) return type;
  return `${type}, ${min ?? 'any'} to ${max ?? 'any'}`;
};

export const configPage = (): string =>
  [
    '# Settings',
    'Made from the config tables in the code by `npm run docs`. Everything is set by environment variables; `--print-config` prints them with their values. Secrets are never printed. All problems are told at once, before anything starts; a variable that begins with `CLATTER_` and sets nothing is named in a warning.',
    ...Object.entries(PROCESSES).map(([name, { about, config }]) => {
      const rows = Object.values(config).map((row) => [code(row.env), range(row), row.secret ? `${shown(row.default)}, secret` : shown(row.default), row.doc]);
      return `## ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${about}\n\n${table(['variable', 'type', 'default', 'meaning'], rows)}`;
    }),
  ].join('\n\n');
