import { join } from 'node:path';
import { TOPICS } from '@clatter/contract';
import { operateKafka } from '@clatter/log-kafka';
import { operateSqliteLog } from '@clatter/sqlite';
import type { Embedded, Remote } from '../place.ts';
import { table } from '../table.ts';

const SPECS = Object.values(TOPICS);

/** Creates missing topics and compares the rest. Returns whether all are as they must be. */
export const topics = (at: Embedded | Remote): Promise<boolean> => (at.mode === 'cluster' ? onKafka(at) : inFile(at));

const verdict = (created: boolean, differs: readonly string[]): string => (differs.length > 0 ? `DIFFERS: ${differs.join('; ')}` : created ? 'created' : 'ok');

const onKafka = async ({ brokers, prefix, partitions }: Remote): Promise<boolean> => {
  const kafka = await operateKafka({ brokers, clientId: 'clatter-operate' }, prefix);
  try {
    const found = await kafka.topics(SPECS, partitions);
    console.log(
      table([
        ['topic', 'partitions', 'cleanup', 'retention', 'min ISR', 'replicas', ''],
        ...found.map(({ name, created, is, differs }) => [
          name,
          is.partitions ?? '?',
          is['cleanup.policy'] ?? '?',
          is['retention.ms'] === '-1' ? 'for ever' : duration(Number(is['retention.ms'])),
          is['min.insync.replicas'] ?? '?',
          is.replicas ?? '?',
          verdict(created, differs),
        ]),
      ]),
    );
    return found.every(({ differs }) => differs.length === 0);
  } finally {
    await kafka.close();
  }
};

const inFile = async ({ data, partitions }: Embedded): Promise<boolean> => {
  const found = await operateSqliteLog(join(data, 'log.sqlite'), (log) => log.topics(SPECS, partitions));
  console.log(
    table([
      ['topic', 'partitions', 'cleanup', 'retention', ''],
      ...found.map(({ name, created, partitions: count, differs }, i) => {
        const spec = SPECS[i];
        const retention = spec && 'retention' in spec ? duration(spec.retention) : 'for ever';
        return [name, String(count), spec?.cleanup ?? '?', retention, verdict(created, differs)];
      }),
    ]),
  );
  return found.every(({ differs }) => differs.length === 0);
};

const duration = (ms: number): string => (ms % 86_400_000 === 0 ? `${ms / 86_400_000} d` : `${ms / 1_000} s`);
