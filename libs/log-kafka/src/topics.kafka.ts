import type { TopicSpec } from '@clatter/contract';
import { LogError } from '@clatter/ports';
import kafkajs, { type Admin } from 'kafkajs';

const configOf = ({ cleanup, retention }: TopicSpec, replicas: number): Record<string, string> => ({
  'cleanup.policy': cleanup,
  'retention.ms': String(cleanup === 'compact' ? -1 : (retention ?? -1)),
  'retention.bytes': '-1',
  'message.timestamp.type': 'LogAppendTime',
  'min.insync.replicas': String(Math.min(2, replicas)),
  'unclean.leader.election.enable': 'false',
});

/** Creates what is missing and compares the rest with its specification. @throws {LogError} fatal, naming every difference */
export const ensureKafkaTopics = async (admin: Admin, prefix: string, specs: readonly TopicSpec[], partitions: number): Promise<void> => {
  const brokers = (await admin.describeCluster()).brokers.length;
  const replicas = Math.min(3, brokers);
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter((s) => !existing.has(prefix + s.name));
  if (missing.length > 0) {
    await admin.createTopics({
      waitForLeaders: true,
      timeout: 15_000,
      topics: missing.map((spec) => ({
        topic: prefix + spec.name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(configOf(spec, replicas)).map(([name, value]) => ({ name, value })),
      })),
    });
  }
  const present = specs.filter((s) => !missing.includes(s));
  if (present.length > 0) await check(admin, prefix, present, partitions, replicas);
};

const check = async (admin: Admin, prefix: string, specs: readonly TopicSpec[], partitions: number, replicas: number): Promise<void> => {
  const wrong: string[] = [];
  const { topics } = await admin.fetchTopicMetadata({ topics: specs.map((s) => prefix + s.name) });
  for (const { name, partitions: found } of topics) if (found.length !== partitions) wrong.push(`${name} has ${found.length} partitions, not ${partitions}`);
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: specs.map((s) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: prefix + s.name })),
  });
  for (const { resourceName, configEntries } of resources) {
    const spec = specs.find((s) => prefix + s.name === resourceName);
    for (const [key, value] of Object.entries(spec ? configOf(spec, replicas) : {})) {
      const is = configEntries.find((e) => e.configName === key)?.configValue;
      if (is !== undefined && is !== value) wrong.push(`${resourceName}: ${key} is ${is}, not ${value}`);
    }
  }
  if (wrong.length > 0) throw new LogError('fatal', `Topics are not as they must be:\n  ${wrong.join('\n  ')}`);
};
