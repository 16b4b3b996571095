import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, installed } from './cache.ts';
import { temporaryFolder } from './leftovers.ts';
import { freePort, listening } from './port.ts';
import type { RunningKafka } from './running.ts';
import { ServerProcess } from './server.ts';

const VERSION = '4.3.1';
const here = new URL('./kafka/', import.meta.url).pathname;

/** The broker's jars from Maven, installed once; the folder that holds them. @throws without a JDK or Maven */
export const installKafka = async (): Promise<string> => {
  await command('java', ['-version'], here);
  return installed(`kafka-${VERSION}`, async (into) => {
    copyFileSync(join(here, 'pom.xml'), join(into, 'pom.xml'));
    copyFileSync(join(here, 'log4j2.properties'), join(into, 'log4j2.properties'));
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies';
    await command('mvn', ['-q', '-B', '-f', 'pom.xml', goal, '-DincludeScope=runtime', '-DoutputDirectory=lib'], into);
  });
};

/** Brokers as processes of this machine, with one controller quorum. Where one can't start, none is left. */
export const startLocalKafka = async (count: number): Promise<RunningKafka> => {
  const folder = await installKafka();
  const java = ['-Xms128m', '-Xmx384m', `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', join(folder, 'lib/*')];
  const data = temporaryFolder('kafka');
  const clusterId = (await command('java', [...java, 'kafka.tools.StorageTool', 'random-uuid'], data)).trim().split('\n').at(-1) as string;
  const ports = await Promise.all(Array.from({ length: count * 2 }, freePort));
  const voters = Array.from({ length: count }, (_, i) => `${i + 1}@127.0.0.1:${ports[count + i]}`).join(',');
  const brokers = Array.from({ length: count }, (_, i) => {
    const node = join(data, String(i + 1));
    mkdirSync(node);
    const file = join(node, 'server.properties');
    const port = ports[i] as number;
    writeFileSync(file, properties(i + 1, count, port, ports[count + i] as number, voters, join(node, 'log')));
    return { node, file, port, server: new ServerProcess('java', [...java, 'kafka.Kafka', file], node) };
  });
  const at = (i: number) => {
    const broker = brokers[i];
    if (!broker) throw new Error(`there is no broker ${i}`);
    return broker;
  };
  const start = async (i: number): Promise<void> => {
    at(i).server.start();
    await listening(at(i).port, at(i).server);
  };
  const stop = async (): Promise<void> => {
    await Promise.all(brokers.map(({ server }) => server.kill()));
    rmSync(data, { recursive: true, force: true });
  };
  try {
    for (const { node, file } of brokers) await command('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file], node);
    await Promise.all(brokers.map((_, i) => start(i)));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    brokers: brokers.map(({ port }) => `127.0.0.1:${port}`),
    touchable: true,
    kill: (i, signal) => at(i).server.kill(signal),
    restart: start,
    freeze: async (i) => at(i).server.signal('SIGSTOP'),
    thaw: async (i) => at(i).server.signal('SIGCONT'),
    stop,
  };
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
  })
    .map(([key, value]) => `${key}=${value}`)
    .join('\n');
