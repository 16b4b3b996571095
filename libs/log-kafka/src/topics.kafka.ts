import { META_TOPIC, type TopicSpec } from '@clatter/contract';
import { LogError } from '@clatter/ports';
import kafkajs, { type Admin } from 'kafkajs';

/** Holds the log's identity. */
export const META: TopicSpec = {
  name: META_TOPIC,
  service: 'messaging',
  key: 'conversation',
  cleanup: 'compact',
  durability: 'durable',
  fenced: false,
  writer: 'clatter',
  readers: 'all',
};

const configOf = ({ cleanup, retention }: TopicSpec, replicas: number): Record<string, string> => ({
  'cleanup.policy': cleanup,
  'retention.ms': String(cleanup === 'compact' ? -1 : (retention ?? -1)),
  'retention.bytes': '-1',
  'message.timestamp.type': 'LogAppendTime',
  'compression.type': 'producer', // a broker that compressed by itself would give us what we can't read
  'min.insync.replicas': String(Math.min(2, replicas)),
  'unclean.leader.election.enable': 'false',
});

/** ms */
const LED_WITHIN = 15_000;
const LED_EVERY = 50;

/** A topic as it is on the brokers. `differs`: what is not as it must be, one line each. */
export type KafkaTopic = {
  readonly name: string;
  readonly created: boolean;
  readonly is: Readonly<Record<string, string>>;
  readonly differs: readonly string[];
};

/** Waits until every partition has a leader. @throws what the brokers say, where it takes too long */
const led = async (admin: Admin, topics: string[]): Promise<void> => {
  for (let tries = LED_WITHIN / LED_EVERY; ; tries--) {
    try {
      const { topics: found } = await admin.fetchTopicMetadata({ topics });
      const leaderless = found.filter(({ partitions }) => partitions.length === 0 || partitions.some(({ leader }) => leader < 0));
      if (leaderless.length === 0) return;
      if (tries <= 0) throw new LogError('retriable', `without a leader: ${leaderless.map(({ name }) => name).join(', ')}`);
    } catch (error) {
      if (tries <= 0) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LED_EVERY));
  }
};

/** Creates what is missing and looks at the rest. `strict`: replicas count too, which a running service does without. */
export const lookAtTopics = async (
  admin: Admin,
  prefix: string,
  specs: readonly TopicSpec[],
  partitions: number,
  strict: boolean,
): Promise<readonly KafkaTopic[]> => {
  const replicas = Math.min(3, (await admin.describeCluster()).brokers.length);
  const existing = new Set(await admin.listTopics());
  const missing = specs.filter((s) => !existing.has(prefix + s.name));
  if (missing.length > 0) {
    await admin.createTopics({
      waitForLeaders: false, // kafkajs gives up where a broker does not know yet what was just made
      timeout: 15_000,
      topics: missing.map((spec) => ({
        topic: prefix + spec.name,
        numPartitions: partitions,
        replicationFactor: replicas,
        configEntries: Object.entries(configOf(spec, replicas)).map(([name, value]) => ({ name, value })),
      })),
    });
    await led(
      admin,
      missing.map((spec) => prefix + spec.name),
    );
  }
  const looked = strict ? specs : specs.filter((s) => !missing.includes(s));
  if (looked.length === 0) return [];
  const { topics } = await admin.fetchTopicMetadata({ topics: looked.map((s) => prefix + s.name) });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: looked.map((s) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name: prefix + s.name })),
  });
  return looked.map((spec) => {
    const name = prefix + spec.name;
    const found = topics.find((t) => t.name === name)?.partitions ?? [];
    const entries = resources.find((r) => r.resourceName === name)?.configEntries ?? [];
    const fewest = Math.min(...found.map((p) => p.replicas.length));
    const is: Record<string, string> = { partitions: String(found.length), replicas: String(fewest) };
    const must: Record<string, string> = { partitions: String(partitions), ...(strict ? { replicas: String(replicas) } : {}), ...configOf(spec, replicas) };
    for (const { configName, configValue } of entries) if (configName in must) is[configName] = configValue;
    const differs = Object.entries(must).flatMap(([key, value]) => (is[key] === undefined || is[key] === value ? [] : [`${key} is ${is[key]}, not ${value}`]));
    return { name, created: missing.includes(spec), is, differs };
  });
};

/** Creates what is missing and compares the rest with its specification. @throws {LogError} fatal, naming every difference */
export const ensureKafkaTopics = async (admin: Admin, prefix: string, specs: readonly TopicSpec[], partitions: number): Promise<void> => {
  const wrong = (await lookAtTopics(admin, prefix, specs, partitions, false)).flatMap(({ name, differs }) => differs.map((d) => `${name}: ${d}`));
  if (wrong.length > 0) throw new LogError('fatal', `Topics are not as they must be:\n  ${wrong.join('\n  ')}`);
};
