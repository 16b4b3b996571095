export { KAFKA_LIMITS } from './limits.ts';
export { type KafkaLogOptions, openKafkaLog } from './log.kafka.ts';
export { type KafkaOperations, operateKafka } from './operate.kafka.ts';
export type { KafkaTopic } from './topics.kafka.ts';
