import { partitionOf } from '@clatter/kernel';
import { expect, it } from 'vitest';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { type Person, person, SETTINGS, until, uuid7 } from '../flow/harness.ts';
import { describeOn } from '../testbed/suite.ts';
import { explain, follow, type Moment, type Stall } from './timeline.ts';

const SESSION_TIMEOUT = 1_500;
const PARTITIONS = 4;
/** ms; 3,000 is the aim where nothing else runs, and this must pass beside other tests */
const MOST = 8_000;

/** Writes to one conversation, one message after the other, and keeps when each was sent and answered. */
class Writer {
  readonly waits: Stall[] = [];
  readonly done: Promise<void>;
  stopped = false;

  constructor({ client }: Person, conversation: string) {
    const write = async (): Promise<void> => {
      while (!this.stopped) {
        const from = Date.now();
        await client.command('message.send', { conversation, kind: 'text', text: `m${this.waits.length}` });
        this.waits.push({ from, to: Date.now() });
      }
    };
    this.done = write();
  }

  get longest(): Stall {
    return this.waits.reduce((longest, one) => (one.to - one.from > longest.to - longest.from ? one : longest));
  }
}

/** A conversation in every partition. */
const conversations = async ({ client }: Person): Promise<string[]> => {
  const byPartition = new Map<number, string>();
  while (byPartition.size < PARTITIONS) {
    const id = uuid7();
    byPartition.set(partitionOf(id, PARTITIONS), id);
  }
  for (const conversation of byPartition.values()) await client.command('conversation.create', { conversation, kind: 'group', title: 'a group', members: [] });
  return [...byPartition.values()];
};

await describeOn(['kafka', 'mongo'], 'a takeover', () => {
  it.skipIf(process.env.KAFKA_BROKERS || process.env.MONGO_URL)(
    'the partitions of a killed owner are answered again after detection, rebalance and replay',
    {
      timeout: 120_000,
    },
    async () => {
      const env = { ...SETTINGS, CLATTER_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT), CLATTER_LOG: 'info', CLATTER_PARTITIONS: String(PARTITIONS) };
      const cluster: Cluster = await startCluster({ env });
      try {
        const anna = await person(cluster.url, 'anna');
        const writers = (await conversations(anna)).map((conversation) => new Writer(anna, conversation));
        await until('all write', () => writers.every(({ waits }) => waits.length > 20));
        for (const { waits } of writers) waits.splice(0);
        const moments: Moment[] = [];
        follow(cluster.services, moments);
        const from = Date.now();
        await cluster.services.find(({ name }) => name === 'messaging')?.server.kill('SIGKILL');
        await until('all write again', () => writers.every(({ waits }) => waits.filter((one) => one.from > from).length > 20), 60_000);
        for (const writer of writers) writer.stopped = true;
        await Promise.all(writers.map(({ done }) => done));
        const longest = writers.map((writer) => writer.longest).reduce((a, b) => (a.to - a.from > b.to - b.from ? a : b));
        process.stderr.write(`a killed owner: ${explain(longest, [{ from, to: from, text: 'kill messaging' }], moments)}\n`);
        expect(longest.to - longest.from).toBeGreaterThan(SESSION_TIMEOUT / 2); // it did lead something
        expect(longest.to - longest.from).toBeLessThan(MOST);
        anna.client.close();
      } finally {
        await cluster.stop();
      }
    },
  );
});
