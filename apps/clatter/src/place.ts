import { existsSync } from 'node:fs';
import { clusterConfig } from '@clatter/cluster';
import { ConfigError, type ConfigOf, loadConfig, setting } from '@clatter/runtime';

const embeddedConfig = {
  data: setting('text', 'CLATTER_DATA', 'folder of the data', { default: './data' }),
  partitions: setting('number', 'CLATTER_PARTITIONS', 'partitions of every topic; fixed for the life of the data', { default: 4, min: 1, max: 64 }),
};

const { brokers, mongoUrl, mongoDatabase, prefix, partitions } = clusterConfig;
const remoteConfig = { brokers, mongoUrl, mongoDatabase, prefix, partitions };

export type Embedded = { readonly mode: 'embedded' } & ConfigOf<typeof embeddedConfig>;
export type Remote = { readonly mode: 'cluster' } & ConfigOf<typeof remoteConfig>;

/** Which Clatter is meant: that of the addresses, else that of the data folder. @throws {ConfigError} also where there is no such folder: nothing is made here */
export const place = (env: Readonly<Record<string, string | undefined>>): Embedded | Remote => {
  if (env.KAFKA_BROKERS || env.MONGO_URL) return { mode: 'cluster', ...loadConfig(remoteConfig, env) };
  const config = loadConfig(embeddedConfig, env);
  if (!existsSync(config.data))
    throw new ConfigError([`CLATTER_DATA is a folder that does not exist: ${config.data} (a cluster: KAFKA_BROKERS and MONGO_URL)`]);
  return { mode: 'embedded', ...config };
};
