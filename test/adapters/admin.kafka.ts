import kafkajs from 'kafkajs';

/** Deletes what stands below an offset, as an operator or a retention does. `topic` with its prefix. */
export const deleteBelow = async (brokers: readonly string[], topic: string, partition: number, offset: number): Promise<void> => {
  const admin = new kafkajs.Kafka({ brokers: [...brokers], clientId: 'operator', logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    await admin.fetchTopicOffsets(topic); // kafkajs looks for the leader in what it knows already
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
  } finally {
    await admin.disconnect();
  }
};
