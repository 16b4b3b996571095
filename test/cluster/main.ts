import { startCluster } from './cluster.ts';

const port = Number(process.env.CLATTER_PORT ?? 8080);
const cluster = await startCluster({ port, say: (text) => console.log(text) });
console.log(
  `Clatter runs at ${cluster.url}\n  ${cluster.services.map((s) => s.name).join(', ')}, each a process, on Kafka and MongoDB\n  chat: npm run chat -- alice`,
);
const stop = async (): Promise<void> => {
  await cluster.stop();
  process.exit(0);
};
process.once('SIGINT', () => void stop());
process.once('SIGTERM', () => void stop());
