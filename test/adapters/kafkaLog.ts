import type { TopicSpec } from '@clatter/contract';
import { type KafkaLogOptions, openKafkaLog } from '@clatter/log-kafka';
import { type EventLog, SILENT } from '@clatter/ports';
import { systemClock, systemIds } from '@clatter/runtime';

/** A log with the short times of tests: a dead member is taken for dead after 1.5 s. */
export const openTestLog = (brokers: readonly string[], prefix: string, more: Pick<KafkaLogOptions, 'ssl' | 'sasl'> = {}): Promise<EventLog> =>
  openKafkaLog({
    brokers: [...brokers],
    clientId: 'test',
    prefix,
    clock: systemClock,
    ids: systemIds,
    log: SILENT,
    sessionTimeout: 1_500,
    heartbeatInterval: 300,
    ...more,
  });

export const durableTopic = (name: string, cleanup: TopicSpec['cleanup'] = 'delete'): TopicSpec => ({
  name,
  service: 'messaging',
  key: 'conversation',
  cleanup,
  durability: 'durable',
  fenced: true,
  writer: 'test',
  readers: 'test',
});

/** @throws where it is not settled in time */
export const within = async <T>(ms: number, what: string, promise: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** A number that a longer run sets by the environment, as `TESTBED_ROUNDS=50`. */
export const setting = (name: string, otherwise: number): number => Number(process.env[name] ?? otherwise);
