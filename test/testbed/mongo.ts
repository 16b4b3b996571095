import { startMongoContainer } from './docker.ts';
import { startLocalMongo } from './mongo.local.ts';
import { inOrder } from './order.ts';
import type { RunningMongo } from './running.ts';

/** A server that speaks MongoDB's wire: MONGO_URL where it is set, else a container of MongoDB, else SecantusDB from PyPI, at `niceness`. */
export const startMongo = (niceness = 0): Promise<RunningMongo> =>
  inOrder<RunningMongo>({
    given: () => {
      const given = process.env.MONGO_URL;
      if (!given) return undefined;
      return { url: given, touchable: false, kill: untouchable, restart: untouchable, freeze: untouchable, thaw: untouchable, stop: async () => {} };
    },
    container: startMongoContainer,
    local: () => startLocalMongo(niceness),
  });

const untouchable = async (): Promise<void> => {
  throw new Error('a server that was given by its address can not be touched');
};
