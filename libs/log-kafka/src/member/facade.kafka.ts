type Broker = Record<string, unknown>;
type Finding = { findGroupCoordinator(options: object): Promise<Broker> };

const GONE = /^KafkaJS(ConnectionError|ConnectionClosedError|RequestTimeoutError|BrokerNotFound|GroupCoordinatorNotFound)$/;
const LOADING = /^GROUP_(LOAD_IN_PROGRESS|COORDINATOR_NOT_AVAILABLE)$/;

type Failure = { name?: string; type?: string; cause?: unknown };

/** kafkajs wraps the error of a broker that is away once per loop of retries, under a name that tells it to give up. */
const isAway = (error: unknown): boolean => {
  const { name = '', type = '', cause } = (error ?? {}) as Failure;
  return GONE.test(name) || LOADING.test(type) || (cause !== undefined && cause !== error && isAway(cause));
};

/**
 * A dead or loading coordinator must mean "look it up and join again under the same member id", which kafkajs does for
 * NOT_COORDINATOR_FOR_GROUP alone; else it retries the dead broker, or comes back under a new id and waits for its own ghost.
 */
const mapped = async <T>(call: () => Promise<T>, watching?: Watching): Promise<T> => {
  try {
    return await call();
  } catch (error) {
    if ((error as Failure).type === 'UNKNOWN_MEMBER_ID') watching?.forgotten();
    if (isAway(error)) (error as Failure).type = 'NOT_COORDINATOR_FOR_GROUP';
    throw error;
  }
};

export type Watching = {
  /** runs before every JoinGroup and is awaited: kafkajs has no callback before it gives partitions up */
  beforeJoin(): Promise<void>;
  /** told the generation of every JoinGroup answer */
  joined(generation: number): void;
  /** The id to join under where kafkajs, started again after a crash, has lost it. '' = none: the group gives one. */
  memberId(): string;
  /** the group does not know this member any more */
  forgotten(): void;
};

const facadeOf = (broker: Broker, watching: Watching): Broker =>
  new Proxy(broker, {
    get: (target, key) => {
      const value = target[key as string];
      if (typeof value !== 'function') return value;
      if (!['joinGroup', 'syncGroup', 'heartbeat'].includes(String(key))) return value.bind(target);
      return async (request: { readonly memberId?: string }) => {
        const joining = key === 'joinGroup';
        const sent = joining && !request.memberId ? { ...request, memberId: watching.memberId() } : request;
        const answer = (await mapped(() => value.call(target, sent), watching)) as { generationId?: number };
        if (joining) watching.joined(Number(answer.generationId));
        return answer;
      };
    },
  });

/** Wraps the one call that every way into JoinGroup makes and awaits. */
export const watchCluster = (cluster: object, watching: Watching): void => {
  const finding = cluster as Finding; // kafkajs' types leave it out
  const find = finding.findGroupCoordinator.bind(cluster);
  finding.findGroupCoordinator = async (options) => {
    await watching.beforeJoin();
    return facadeOf(await mapped(() => find(options)), watching);
  };
};
