import { dataFolder, startEmbedded } from '../test/flow/harness.ts';
import { ENVIRONMENT, type Target } from './target.ts';

/** The embedded mode in a process of its own, on a new folder of data. */
export const startEmbeddedTarget = async (): Promise<Target> => {
  const data = dataFolder();
  const server = await startEmbedded({ ...ENVIRONMENT, CLATTER_DATA: data.path });
  return {
    mode: 'embedded',
    accounts: server.url,
    sockets: [`${server.url.replace('http', 'ws')}/v1/ws`],
    stop: async () => {
      await server.kill();
      data.remove();
    },
  };
};
