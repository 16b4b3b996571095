import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, installed } from './cache.ts';
import { freePort, listening, ServerProcess } from './server.ts';

const VERSION = '4.3.1';
const here = new URL('./kafka/', import.meta.url).pathname;

export type RunningKafka = {
  readonly brokers: string[];
  kill(broker: number): Promise<void>;
  restart(broker: number): Promise<void>;
  freeze(broker: number): void;
  thaw(broker: number): void;
  stop(): Promise<void>;
};

/** Real Kafka brokers: KAFKA_BROKERS where it is set, else the jars from Maven, installed once, with one controller quorum. */
export const startKafka = async (count: 1 | 3): Promise<RunningKafka> => {
  const given = process.env.KAFKA_BROKERS;
  if (given) return { brokers: given.split(','), kill: unsupported, restart: unsupported, freeze: unsupported, thaw: unsupported, stop: async () => {} };
  const folder = await installed(`kafka-${VERSION}`, async (into) => {
    copyFileSync(join(here, 'pom.xml'), join(into, 'pom.xml'));
    copyFileSync(join(here, 'log4j2.properties'), join(into, 'log4j2.properties'));
    await command(
      'mvn',
      [
        '-q',
        '-B',
        '-f',
        'pom.xml',
        'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies',
        '-DincludeScope=runtime',
        '-DoutputDirectory=lib',
      ],
      into,
    );
  });
  const java = ['-Xms128m', '-Xmx384m', `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', join(folder, 'lib/*')];
  const data = mkdtempSync(join(tmpdir(), 'clatter-kafka-'));
  const clusterId = (await command('java', [...java, 'kafka.tools.StorageTool', 'random-uuid'], data)).trim().split('\n').at(-1) as string;
  const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
  const voters = Array.from({ length: count }, (_, i) => `${i + 1}@127.0.0.1:${ports[count + i]}`).join(',');
  const servers = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const node = join(data, String(i + 1));
      mkdirSync(node);
      const file = join(node, 'server.properties');
      writeFileSync(file, properties(i + 1, count, ports[i] as number, ports[count + i] as number, voters, join(node, 'log')));
      await command('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file], node);
      return new ServerProcess('java', [...java, 'kafka.Kafka', file], node);
    }),
  );
  for (const server of servers) server.start();
  await Promise.all(servers.map((server, i) => listening(ports[i] as number, server)));
  return {
    brokers: servers.map((_, i) => `127.0.0.1:${ports[i]}`),
    kill: async (i) => servers[i]?.kill(),
    restart: async (i) => {
      const server = servers[i];
      server?.start();
      if (server) await listening(ports[i] as number, server);
    },
    freeze: (i) => servers[i]?.signal('SIGSTOP'),
    thaw: (i) => servers[i]?.signal('SIGCONT'),
    stop: async () => {
      await Promise.all(servers.map((server) => server.kill()));
      rmSync(data, { recursive: true, force: true });
    },
  };
};

const unsupported = (): never => {
  throw new Error('a broker that was given by its address can not be touched');
};

const properties = (id: number, count: number, port: number, controller: number, voters: string, folder: string): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': id,
    'controller.quorum.voters': voters,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 500,
    'offsets.topic.replication.factor': count,
    'offsets.topic.num.partitions': 3,
    'transaction.state.log.replication.factor': count,
    'transaction.state.log.min.isr': Math.min(2, count),
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.replication.factor': count,
    'share.coordinator.state.topic.min.isr': Math.min(2, count),
  })
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');
