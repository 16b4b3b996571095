import type { TopicSpec } from '@clatter/contract';
import { openKafkaLog } from '@clatter/log-kafka';
import { type EventLog, SILENT } from '@clatter/ports';
import { systemClock, systemIds } from '@clatter/runtime';

/** A log with the short times of tests: a dead member is taken for dead after 1.5 s. */
export const openTestLog = (brokers: readonly string[], prefix: string): Promise<EventLog> =>
  openKafkaLog({
    brokers: [...brokers],
    clientId: 'test',
    prefix,
    clock: systemClock,
    ids: systemIds,
    log: SILENT,
    sessionTimeout: 1_500,
    heartbeatInterval: 300,
  });

export const durableTopic = (name: string): TopicSpec => ({
  name,
  service: 'messaging',
  key: 'conversation',
  cleanup: 'delete',
  durability: 'durable',
  fenced: true,
  writer: 'test',
  readers: 'test',
});
