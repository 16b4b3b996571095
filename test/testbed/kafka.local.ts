import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, installed } from './cache.ts';
import { type Properties, serverProperties } from './kafka.properties.ts';
import { CREDENTIALS, makeCertificate, SCRAM, secureProperties } from './kafka.secure.ts';
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

export type LocalKafkaOptions = {
  /** properties of every broker beside those of the test bed */
  readonly properties?: Properties;
  /** a second listener with TLS and SCRAM; `lifetime`: ms after which a connection must have authenticated again */
  readonly secure?: { readonly lifetime: number };
};

export type LocalKafka = RunningKafka & {
  /** How a client comes in by the secure listener. @throws where there is none */
  secure(): SecureAccess;
  /** The sum of an attribute over all beans of a broker that the pattern fits, as `kafka.server:type=FetchSessionCache,*`. */
  metric(broker: number, beans: string, attribute: string): Promise<number>;
};

export type SecureAccess = { readonly brokers: string[]; readonly ssl: { readonly ca: string }; readonly sasl: typeof CREDENTIALS };

/** Brokers as processes of this machine, with one controller quorum. Where one can't start, none is left. */
export const startLocalKafka = async (count: number, options: LocalKafkaOptions = {}): Promise<LocalKafka> => {
  const folder = await installKafka();
  const java = ['-Xms128m', '-Xmx384m', `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`, '-cp', join(folder, 'lib/*')];
  const data = temporaryFolder('kafka');
  const clusterId = (await command('java', [...java, 'kafka.tools.StorageTool', 'random-uuid'], data)).trim().split('\n').at(-1) as string;
  const certificate = options.secure && (await makeCertificate(data));
  const secured = options.secure && certificate && secureProperties(certificate, options.secure.lifetime);
  const ports = await Promise.all(Array.from({ length: count * 3 }, freePort));
  const portOf = (i: number, kind: 0 | 1 | 2): number => ports[kind * count + i] as number;
  const voters = Array.from({ length: count }, (_, i) => `${i + 1}@127.0.0.1:${portOf(i, 1)}`).join(',');
  const brokers = Array.from({ length: count }, (_, i) => {
    const node = join(data, String(i + 1));
    mkdirSync(node);
    const file = join(node, 'server.properties');
    const port = portOf(i, 0);
    const secure = secured && { port: portOf(i, 2), properties: secured };
    const more = options.properties ?? {};
    writeFileSync(file, serverProperties({ id: i + 1, count, port, controller: portOf(i, 1), voters, folder: join(node, 'log'), secure, more }));
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
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, ...(secured ? SCRAM : [])];
    for (const { node, file } of brokers) await command('java', [...java, ...format, '-c', file], node);
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
    secure: () => {
      if (!certificate) throw new Error('these brokers have no secure listener');
      return { brokers: brokers.map((_, i) => `127.0.0.1:${portOf(i, 2)}`), ssl: { ca: certificate.ca }, sasl: { ...CREDENTIALS } };
    },
    metric: async (i, beans, attribute) => Number(await command('java', [join(here, 'Metric.java'), String(at(i).server.pid), beans, attribute], here)),
  };
};
