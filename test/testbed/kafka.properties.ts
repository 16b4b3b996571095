type Settable =
  | `log.cleaner.${string}`
  | `log.retention.${string}`
  | `log.roll.${string}`
  | `log.segment.${string}`
  | 'max.incremental.fetch.session.cache.slots';

export type Properties = { readonly [name in Settable]?: string | number | boolean };

export type Node = {
  readonly id: number;
  /** brokers of the cluster */
  readonly count: number;
  readonly port: number;
  readonly controller: number;
  readonly voters: string;
  readonly folder: string;
  /** the listener for clients that authenticate, where there is one */
  readonly secure: { readonly port: number; readonly properties: Readonly<Record<string, string | number>> } | undefined;
  /** what a test wants to be otherwise */
  readonly more: Properties;
};

/** The text of a broker's `server.properties`. */
export const serverProperties = ({ id, count, port, controller, voters, folder, secure, more }: Node): string => {
  const listeners = [`PLAINTEXT://127.0.0.1:${port}`, ...(secure ? [`SECURE://127.0.0.1:${secure.port}`] : [])];
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controller}`].join(','),
    'advertised.listeners': listeners.join(','),
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT',
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    // a killed broker that is back sooner waits for its own former session to end (default 9 s)
    'broker.session.timeout.ms': 2_000,
    'broker.heartbeat.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.min.isr': Math.min(2, count),
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': count,
    'share.coordinator.state.topic.min.isr': Math.min(2, count),
    ...secure?.properties,
    ...more,
  })
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');
};
