import { META_TOPIC, type TopicSpec } from '@clatter/contract';
import { type Ids, LogError } from '@clatter/ports';
import { type KafkaConnection, kafkaOf } from './client.kafka.ts';
import { newLogId, RENEWED } from './logId.ts';
import { type KafkaTopic, lookAtTopics, META } from './topics.kafka.ts';

/** What an operator does to a log on Kafka while no service needs to run. */
export type KafkaOperations = {
  /** Creates what is missing, compares all with their specification. */
  topics(specs: readonly TopicSpec[], partitions: number): Promise<readonly KafkaTopic[]>;
  /** Groups of this log that have members: `group: client, client`. A process that was killed counts until its session ends. */
  members(): Promise<readonly string[]>;
  /** Gives the log a new identity, and returns it. @throws where the brokers refuse it */
  renewLogId(ids: Ids): Promise<string>;
  close(): Promise<void>;
};

/** @throws {LogError} fatal where no broker answers */
export const operateKafka = async (connection: KafkaConnection, prefix: string): Promise<KafkaOperations> => {
  const kafka = kafkaOf(connection);
  const admin = kafka.admin();
  try {
    await admin.connect();
  } catch (error) {
    throw new LogError('fatal', `no Kafka broker answers at ${connection.brokers.join(', ')}`, error);
  }
  return {
    topics: async (specs, partitions) => [
      ...(await lookAtTopics(admin, prefix, [META], 1, true)),
      ...(await lookAtTopics(admin, prefix, specs, partitions, true)),
    ],
    members: async () => {
      const { groups } = await admin.listGroups();
      const own = groups.map((g) => g.groupId).filter((id) => id.startsWith(prefix));
      if (own.length === 0) return [];
      const described = await admin.describeGroups(own);
      return described.groups.flatMap(({ groupId, members }) =>
        members.length === 0 ? [] : [`${groupId}: ${members.map((m) => `${m.clientId} at ${m.clientHost.replace('/', '')}`).join(', ')}`],
      );
    },
    renewLogId: async (ids) => {
      const value = newLogId(ids);
      await lookAtTopics(admin, prefix, [META], 1, false);
      const producer = kafka.producer({ allowAutoTopicCreation: false });
      await producer.connect();
      try {
        await producer.send({ topic: prefix + META_TOPIC, acks: -1, messages: [{ partition: 0, key: RENEWED, value }] });
      } finally {
        await producer.disconnect();
      }
      return value;
    },
    close: () => admin.disconnect(),
  };
};
