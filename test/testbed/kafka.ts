import { startKafkaContainer } from './docker.ts';
import { startLocalKafka } from './kafka.local.ts';
import { inOrder } from './order.ts';
import type { RunningKafka } from './running.ts';

/** Real Kafka brokers: KAFKA_BROKERS where it is set, else a container (one broker only), else the jars from Maven. */
export const startKafka = (count: 1 | 3): Promise<RunningKafka> =>
  inOrder<RunningKafka>({
    given: () => {
      const given = process.env.KAFKA_BROKERS;
      if (!given) return undefined;
      return {
        brokers: given.split(','),
        touchable: false,
        kill: untouchable,
        restart: untouchable,
        freeze: untouchable,
        thaw: untouchable,
        stop: async () => {},
      };
    },
    container: count === 1 ? startKafkaContainer : undefined,
    local: () => startLocalKafka(count),
  });

const untouchable = async (): Promise<void> => {
  throw new Error('a broker that was given by its address can not be touched');
};
