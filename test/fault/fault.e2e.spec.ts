import { expect, it } from 'vitest';
import { describeOn } from '../testbed/suite.ts';
import { run } from './run.ts';

await describeOn(['kafka', 'mongo'], 'faults', () => {
  it.skipIf(process.env.KAFKA_BROKERS || process.env.MONGO_URL)(
    'every kind of process killed, frozen or restarted under load: nothing is lost, doubled or out of order, all clients hold what the log says',
    { timeout: 300_000 },
    async () => {
      const seed = Date.now() % 1_000_000;
      const told: string[] = [`seed ${seed}`];
      const result = await run({ seed, seconds: 30, people: 6, say: (text) => told.push(text) });
      expect(result.violations, told.join('\n')).toEqual([]);
      expect(result).toMatchObject({ lost: 0, doubled: 0, reordered: 0 });
      expect(result.acknowledged).toBeGreaterThan(50);
      expect(result.kills + result.freezes + result.restarts).toBeGreaterThan(3);
    },
  );
});
