export { type KafkaLogOptions, openKafkaLog } from './log.kafka.ts';
