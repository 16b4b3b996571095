import { loadConfig, setting, startFailure } from '@clatter/runtime';
import { type Cluster, startCluster } from './cluster.ts';

const start = async (): Promise<Cluster> => {
  try {
    const { port } = loadConfig({ port: setting('port', 'CLATTER_PORT', 'the address of all services', { default: 8080 }) }, process.env);
    return await startCluster({ port, say: (text) => console.log(text) });
  } catch (error) {
    console.error(startFailure(error));
    process.exit(1);
  }
};

const cluster = await start();
console.log(
  `Clatter runs at ${cluster.url}\n  ${cluster.services.map((s) => s.name).join(', ')}, each a process, on Kafka and MongoDB\n  chat: npm run chat -- alice`,
);
// under npm a Ctrl-C comes twice: from the terminal, and passed on
let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  void cluster.stop().then(() => process.exit(0));
};
process.on('SIGINT', stop);
process.on('SIGTERM', stop);
