import type { Cluster } from 'kafkajs';

type Broker = Record<string, unknown>;
type Finding = { findGroupCoordinator(options: object): Promise<Broker> };

const GONE = /^KafkaJS(ConnectionError|ConnectionClosedError|RequestTimeoutError|BrokerNotFound|GroupCoordinatorNotFound)$/;
const LOADING = /^GROUP_(LOAD_IN_PROGRESS|COORDINATOR_NOT_AVAILABLE)$/;

/**
 * A dead or loading coordinator must mean "look it up and join again under the same member id", which kafkajs does for
 * NOT_COORDINATOR_FOR_GROUP alone; else it retries the dead broker, or comes back under a new id and waits for its own ghost.
 */
const mapped = async <T>(call: () => Promise<T>): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    const { name = '', type = '' } = error as { name?: string; type?: string };
    if (GONE.test(name) || LOADING.test(type)) (error as { type?: string }).type = 'NOT_COORDINATOR_FOR_GROUP';
    throw error;
  }
};

const facadeOf = (broker: Broker, joined: (generation: number) => void): Broker =>
  new Proxy(broker, {
    get: (target, key) => {
      const value = target[key as string];
      if (typeof value !== 'function') return value;
      if (!['joinGroup', 'syncGroup', 'heartbeat'].includes(String(key))) return value.bind(target);
      return async (...args: unknown[]) => {
        const answer = (await mapped(() => value.apply(target, args))) as { generationId?: number };
        if (key === 'joinGroup') joined(Number(answer.generationId));
        return answer;
      };
    },
  });

/**
 * Wraps the one call that every way into JoinGroup makes and awaits: `beforeJoin` runs there, since kafkajs has no callback
 * before it gives partitions up. `joined` is told the generation of every JoinGroup answer.
 */
export const watchCluster = (cluster: Cluster, beforeJoin: () => Promise<void>, joined: (generation: number) => void): void => {
  const finding = cluster as unknown as Finding;
  const find = finding.findGroupCoordinator.bind(cluster);
  finding.findGroupCoordinator = async (options) => {
    await beforeJoin();
    return facadeOf(await mapped(() => find(options)), joined);
  };
};
