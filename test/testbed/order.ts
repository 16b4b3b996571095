import { dockerAnswers } from './docker.ts';
import { installKafka } from './kafka.local.ts';
import { installMongo } from './mongo.local.ts';

/** Where a server comes from: an address in the environment, else a container where a Docker engine answers, else installed here. */
export const inOrder = async <T>(ways: {
  readonly given: () => T | undefined;
  readonly container: (() => Promise<T>) | undefined;
  readonly local: () => Promise<T>;
}): Promise<T> => {
  const given = ways.given();
  if (given) return given;
  return ways.container && (await dockerAnswers()) ? ways.container() : ways.local();
};

const installs = {
  kafka: { given: 'KAFKA_BROKERS', install: installKafka },
  mongo: { given: 'MONGO_URL', install: installMongo },
};

/**
 * Why these servers can't be had here, undefined when they can; installs what is missing. A suite that needs them is skipped
 * where they can't. `containers: false`: a container will not do; `own: true`: neither will one that is given by its address.
 * @throws when they can't be had and TESTBED=required is set
 */
export const whyNot = async (servers: readonly (keyof typeof installs)[], { containers = true, own = false } = {}): Promise<string | undefined> => {
  for (const name of servers) {
    const { given, install } = installs[name];
    if (!own && (process.env[given] || (containers && (await dockerAnswers())))) continue;
    try {
      await install();
    } catch (error) {
      const elsewhere = own ? 'one of our own is needed' : `${given} is not set, no Docker engine answers`;
      const why = `no ${name}: ${elsewhere}, and ${error instanceof Error ? error.message : error}`;
      if (process.env.TESTBED === 'required') throw new Error(why);
      process.stderr.write(`test bed: skipped, ${why}\n`);
      return why.split('\n')[0];
    }
  }
  return undefined;
};
