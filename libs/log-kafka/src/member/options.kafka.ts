import type { Clock, GroupHandler, Log } from '@clatter/ports';
import type { Kafka } from 'kafkajs';
import type { SharedReading } from '../reading/shared.ts';

export type MemberOptions = {
  readonly kafka: Kafka;
  readonly group: string;
  /** with prefix */
  readonly topics: readonly string[];
  readonly prefix: string;
  readonly handler: GroupHandler;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessionTimeout: number;
  readonly heartbeatInterval: number;
  /** where its records come from; the consumer is for membership alone */
  readonly reading: SharedReading;
  readonly patience: number;
  /** whether every offset of a topic has its record */
  readonly dense: (topic: string) => boolean;
  /** first offset that can be read, per topic and partition: below it reading would jump silently */
  readonly startOf: (topic: string, partition: number) => Promise<number>;
  /** it is no member any more */
  readonly left: () => void;
};
