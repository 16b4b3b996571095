import { openKafkaLog } from '@clatter/log-kafka';
import { SILENT } from '@clatter/ports';
import { eventLogContract } from '@clatter/ports/contract';
import { systemClock, systemIds } from '@clatter/runtime';
import { startKafka } from '../testbed/kafka.ts';
import { describeOn } from '../testbed/suite.ts';

await describeOn(['kafka'], 'on a real broker', () =>
  eventLogContract('Kafka', async () => {
    const kafka = await startKafka(1);
    const log = await openKafkaLog({
      brokers: kafka.brokers,
      clientId: 'contract',
      prefix: `c${process.pid}.`,
      clock: systemClock,
      ids: systemIds,
      log: SILENT,
      sessionTimeout: 1_500,
      heartbeatInterval: 300,
    });
    return {
      log,
      sharedGroups: true,
      close: async () => {
        await log.close();
        await kafka.stop();
      },
    };
  }),
);
