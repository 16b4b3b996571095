import { KAFKA_LIMITS } from '@clatter/log-kafka';
import { eventLogContract } from '@clatter/ports/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startKafka } from '../testbed/kafka.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { describeOn } from '../testbed/suite.ts';
import { durableTopic, openTestLog, setting } from './kafkaLog.ts';
import { underFaults } from './log-kafka.faults.ts';
import { withAFrozenBroker } from './log-kafka.frozen.ts';
import { throughRounds } from './log-kafka.rounds.ts';

const onBrokers = (count: 1 | 3): void => {
  describe(`with ${count} broker${count > 1 ? 's' : ''}`, () => {
    let kafka: RunningKafka;
    beforeAll(async () => {
      kafka = await startKafka(count);
    });
    afterAll(() => kafka?.stop());
    eventLogContract(`Kafka, ${count}`, async () => {
      const log = await openTestLog(kafka.brokers, `c${process.pid}.`);
      return { log, sharedGroups: true, close: () => log.close() };
    });
    it('limit kafka.batchBytes: a larger batch is refused for good, and after the end every one', async () => {
      const log = await openTestLog(kafka.brokers, `b${process.pid}.`);
      await log.ensureTopics([durableTopic('large')], 1);
      const append = (value: string) => log.append('large', 0, [{ key: '', headers: {}, value }]);
      expect(await append('x'.repeat(KAFKA_LIMITS.batchBytes.value))).toBe(0);
      await expect(append('x'.repeat(KAFKA_LIMITS.batchBytes.value + 1))).rejects.toMatchObject({ kind: 'fatal' });
      await log.close();
      await expect(append('x')).rejects.toMatchObject({ kind: 'fatal', message: 'the log was closed' });
    });
    if (count === 3) describe('under faults', () => underFaults(() => kafka));
    describe('a broker that freezes', () => withAFrozenBroker(() => kafka, count));
    describe('faults again and again', () => throughRounds(() => kafka, count, setting('TESTBED_ROUNDS', count === 1 ? 4 : 2)));
  });
};

await describeOn(['kafka'], 'on a real broker', () => onBrokers(1));
// replication factor 3, two in sync at least
await describeOn(['kafka'], 'on real brokers', () => onBrokers(3), { containers: false });
