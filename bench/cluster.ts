import { startCluster } from '../test/cluster/cluster.ts';
import { ENVIRONMENT, type Target } from './target.ts';

/** Every service as a process, two of messaging and of edge, on one broker and one database. Sockets go to the edges, not through the address before them.
 * No message waits for the database; the test bed's, an interpreted program, would take a core from what they do wait for. */
export const startClusterTarget = async (): Promise<Target> => {
  const cluster = await startCluster({ env: ENVIRONMENT, databaseNiceness: 19 });
  const portOf = (name: string): number[] => cluster.services.filter((s) => s.name === name).map((s) => s.port);
  return {
    mode: 'cluster',
    accounts: `http://127.0.0.1:${portOf('auth')[0]}`,
    sockets: portOf('edge').map((port) => `ws://127.0.0.1:${port}/v1/ws`),
    stop: () => cluster.stop(),
  };
};
