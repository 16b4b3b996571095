import { startCluster } from './cluster.ts';

const port = Number(process.env.CLATTER_PORT ?? 8080);
const cluster = await startCluster({ port, say: (text) => console.log(text) });
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
