import { startKafka } from '../testbed/kafka.ts';
import { startMongo } from '../testbed/mongo.ts';
import { freePort, listening } from '../testbed/port.ts';
import type { RunningKafka, RunningMongo } from '../testbed/running.ts';
import { ServerProcess } from '../testbed/server.ts';
import { SERVER_FLAGS } from '../testbed/serverFlags.ts';
import { startProxy } from './proxy.ts';

const root = new URL('../..', import.meta.url).pathname;

export type ServiceProcess = { readonly name: string; readonly port: number; readonly admin: number; readonly server: ServerProcess };
export type Cluster = {
  readonly url: string;
  readonly kafka: RunningKafka;
  readonly mongo: RunningMongo;
  readonly services: readonly ServiceProcess[];
  restart(service: ServiceProcess): Promise<void>;
  /** One more process of a service, with settings of its own; nothing is sent to it through the common address. */
  add(name: string, env: Readonly<Record<string, string>>): Promise<ServiceProcess>;
  stop(): Promise<void>;
};

export type ClusterOptions = {
  readonly port?: number;
  /** Kafka brokers; default 1 */
  readonly brokers?: 1 | 3;
  readonly env?: Readonly<Record<string, string>>;
  /** of a database process on this machine; 19 lets everything else go first */
  readonly databaseNiceness?: number;
  readonly say?: (text: string) => void;
};
type Stop = () => Promise<void>;

/** Every service as a process of its own on real Kafka and MongoDB, two of edge and of messaging, behind one address. */
export const startCluster = async (options: ClusterOptions = {}): Promise<Cluster> => {
  const started: Stop[] = [];
  const stop: Stop = async () => void (await Promise.all(started.splice(0).map((one) => one())));
  try {
    return await start(options, started, stop);
  } catch (error) {
    await stop(); // what did start is not left behind
    throw error;
  }
};

const start = async (options: ClusterOptions, started: Stop[], stop: Stop): Promise<Cluster> => {
  const say = options.say ?? (() => {});
  const stoppable = async <T extends { stop: Stop }>(starting: Promise<T>): Promise<T> => {
    const one = await starting;
    started.push(one.stop);
    return one;
  };
  // first, since the port is what most often can't be had
  let services: readonly ServiceProcess[] = [];
  const of = (name: string) => () => services.filter((s) => s.name === name && s.server.running).map((s) => s.port);
  const proxy = await startProxy(
    [
      { paths: /^\/(v1\/(accounts|sessions|me|users)|\.well-known)/, ports: of('auth') },
      { paths: /^\/v1\/(sync|conversations)/, ports: of('messaging') },
      { paths: /^\/v1\/presence/, ports: of('presence') },
      { paths: /^\//, ports: of('edge') },
    ],
    options.port ?? 0,
  );
  started.push(() => proxy.close());
  say('starting MongoDB and Kafka …');
  const [mongo, kafka] = await both(stoppable(startMongo(options.databaseNiceness)), stoppable(startKafka(options.brokers ?? 1)));
  const names = ['auth', 'messaging', 'messaging', 'presence', 'edge', 'edge'] as const;
  const ports = await Promise.all(Array.from({ length: names.length * 3 }, freePort));
  const portsOf = (i: number) => ({ http: ports[i] as number, feed: ports[names.length + i] as number, admin: ports[names.length * 2 + i] as number });
  const feeds = (name: string): string => names.flatMap((n, i) => (n === name ? [`ws://127.0.0.1:${portsOf(i).feed}`] : [])).join(',');
  const apis = names.flatMap((n, i) => (n !== 'edge' && names.indexOf(n) === i ? [`http://127.0.0.1:${portsOf(i).http}/v1/openapi.json`] : []));
  const processOf = (name: string, { http, feed, admin }: ReturnType<typeof portsOf>, own: Readonly<Record<string, string>> = {}): ServiceProcess => {
    const env = {
      KAFKA_BROKERS: kafka.brokers.join(','),
      MONGO_URL: mongo.url,
      CLATTER_HOST: '127.0.0.1',
      CLATTER_PORT: String(http),
      CLATTER_FEED_PORT: String(feed),
      CLATTER_ADMIN_PORT: String(admin),
      CLATTER_FEED_CREDENTIAL: 'of the test bed',
      CLATTER_MESSAGING_ROUTERS: feeds('messaging'),
      CLATTER_PRESENCE_ROUTERS: feeds('presence'),
      CLATTER_AUTH_ROUTERS: feeds('auth'),
      CLATTER_JWKS_URL: `http://127.0.0.1:${portsOf(0).http}/.well-known/jwks.json`,
      CLATTER_APIS: apis.join(','),
      CLATTER_PARTITIONS: '4',
      CLATTER_SESSION_TIMEOUT_MS: '3000',
      CLATTER_DRAIN_MS: '100',
      CLATTER_LOG: 'warn',
      ...options.env,
      ...own,
    };
    return { name, port: http, admin, server: new ServerProcess(process.execPath, [...SERVER_FLAGS, `services/${name}/src/main.ts`], root, env) };
  };
  services = names.map((name, i) => processOf(name, portsOf(i)));
  const restart = async (service: ServiceProcess): Promise<void> => {
    service.server.start();
    await listening(service.port, service.server);
  };
  started.push(async () => void (await Promise.all(services.map(({ server }) => server.kill('SIGKILL')))));
  for (const service of services) {
    say(`starting ${service.name} …`);
    await restart(service);
  }
  for (const service of services) await ready(service);
  const add: Cluster['add'] = async (name, env) => {
    const [http, feed, admin] = await Promise.all([freePort(), freePort(), freePort()]);
    const service = processOf(name, { http, feed, admin }, env);
    started.push(() => service.server.kill('SIGKILL'));
    await restart(service);
    return service;
  };
  return { url: `http://127.0.0.1:${proxy.port}`, kafka, mongo, services, restart, add, stop };
};

/** Waits for both, also when one fails: what the other started must be known. */
const both = async <A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> => {
  await Promise.allSettled([a, b]);
  return Promise.all([a, b]);
};

/** Waits until a process says that it can serve. @throws with its reasons after 30 s */
const ready = async ({ name, admin }: ServiceProcess): Promise<void> => {
  for (const end = Date.now() + 30_000; ; ) {
    const answer = await fetch(`http://127.0.0.1:${admin}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    if (Date.now() > end) throw new Error(`${name} is not ready: ${(await answer?.text()) ?? 'no answer'}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
