import type { Cluster } from '../cluster/cluster.ts';

/** A process of the cluster that can be made to suffer. */
export type Victim = {
  readonly kind: string;
  readonly name: string;
  /** `SIGKILL`: at once; `SIGTERM`: in good order */
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  start(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
};

/** Every process: whatever services the cluster has, its brokers, its database. */
export const victimsOf = (cluster: Cluster): Victim[] => [
  ...cluster.services.map((service, i): Victim => {
    const { server, name } = service;
    return {
      kind: name,
      name: `${name} ${i}`,
      kill: (signal) => server.kill(signal),
      start: () => cluster.restart(service),
      freeze: async () => server.signal('SIGSTOP'),
      thaw: async () => server.signal('SIGCONT'),
    };
  }),
  ...cluster.kafka.brokers.map((_, i): Victim => {
    const { kafka } = cluster;
    return {
      kind: 'broker',
      name: `broker ${i}`,
      kill: (signal) => kafka.kill(i, signal),
      start: () => kafka.restart(i),
      freeze: () => kafka.freeze(i),
      thaw: () => kafka.thaw(i),
    };
  }),
  {
    kind: 'database',
    name: 'database',
    kill: (signal) => cluster.mongo.kill(signal),
    start: () => cluster.mongo.restart(),
    freeze: () => cluster.mongo.freeze(),
    thaw: () => cluster.mongo.thaw(),
  },
];
