import { clusterConfig } from '@clatter/cluster';
import { type ConfigOf, loadConfig, setting } from '@clatter/runtime';

const embeddedConfig = {
  data: setting('text', 'CLATTER_DATA', 'folder of the data', { default: './data' }),
  partitions: setting('number', 'CLATTER_PARTITIONS', 'partitions of every topic; fixed for the life of the data', { default: 4, min: 1, max: 64 }),
};

const { brokers, mongoUrl, mongoDatabase, prefix, partitions } = clusterConfig;
const remoteConfig = { brokers, mongoUrl, mongoDatabase, prefix, partitions };

export type Embedded = { readonly mode: 'embedded' } & ConfigOf<typeof embeddedConfig>;
export type Remote = { readonly mode: 'cluster' } & ConfigOf<typeof remoteConfig>;

/** Which Clatter is meant: that of the addresses, else that of the data folder. @throws {ConfigError} */
export const place = (env: Readonly<Record<string, string | undefined>>): Embedded | Remote =>
  env.KAFKA_BROKERS || env.MONGO_URL ? { mode: 'cluster', ...loadConfig(remoteConfig, env) } : { mode: 'embedded', ...loadConfig(embeddedConfig, env) };
