// testcontainers is loaded only where a Docker engine seems to be there: it is large, and most runs do without.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { StartedTestContainer } from 'testcontainers';
import { freePort, listening } from './port.ts';
import type { RunningKafka, RunningMongo } from './running.ts';

let answer: Promise<boolean> | undefined;

/** Whether a Docker engine answers. Asked once. */
export const dockerAnswers = (): Promise<boolean> => {
  answer ??= ask();
  return answer;
};

const ask = async (): Promise<boolean> => {
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock'), join(process.env.XDG_RUNTIME_DIR ?? '/run', 'docker.sock')];
  if (!process.env.DOCKER_HOST && !sockets.some((path) => existsSync(path))) return false;
  const { getContainerRuntimeClient } = await import('testcontainers');
  return getContainerRuntimeClient().then(
    () => true,
    () => false,
  );
};

/** What a container can be made to suffer. Its port on this side is fixed, so that it has the same one after a restart. */
const touching = async (container: StartedTestContainer, port: number) => {
  const { getContainerRuntimeClient } = await import('testcontainers');
  const handle = (await getContainerRuntimeClient()).container.getById(container.getId());
  return {
    touchable: true,
    kill: async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
      const ended = handle.wait();
      await handle.kill({ signal });
      await ended;
    },
    restart: async (): Promise<void> => {
      await handle.start();
      await listening(port, { running: true, output: '(a container)' });
    },
    freeze: async (): Promise<void> => void (await handle.pause()),
    thaw: async (): Promise<void> => void (await handle.unpause()),
    stop: async (): Promise<void> => void (await container.stop()),
  };
};

/** One broker. testcontainers ends it when this process ends. */
export const startKafkaContainer = async (): Promise<RunningKafka> => {
  const { KafkaContainer } = await import('@testcontainers/kafka');
  const port = await freePort();
  const container = await new KafkaContainer('confluentinc/cp-kafka:8.1.0')
    .withExposedPorts({ container: 9093, host: port })
    .withEnvironment({ KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '500', KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_BROKER_SESSION_TIMEOUT_MS: '2000' })
    .start();
  const { kill, ...touch } = await touching(container, port);
  return { brokers: [`${container.getHost()}:${port}`], ...touch, kill: (_broker, signal) => kill(signal) };
};

export const startMongoContainer = async (): Promise<RunningMongo> => {
  const { GenericContainer, Wait } = await import('testcontainers');
  const port = await freePort();
  const container = await new GenericContainer('mongo:8')
    .withExposedPorts({ container: 27_017, host: port })
    .withWaitStrategy(Wait.forLogMessage(/Waiting for connections/))
    .start();
  return { url: `mongodb://${container.getHost()}:${port}/?directConnection=true`, ...(await touching(container, port)) };
};
