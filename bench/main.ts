import { cpus } from 'node:os';
import { Client, memoryStorage, register, SessionTokens, webTransport } from '@clatter/client';
import { directId } from '@clatter/kernel';
import { clock, dataFolder, startEmbedded, until } from '../test/flow/harness.ts';

// Open loop: every message is sent at its intended time, whatever became of those before; its latency counts from that time
// until the other person's client has applied it. Pairs of people, one conversation each, in the embedded mode.
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const rates = process.argv.includes('--rate') ? [option('rate', 300)] : [300, 1_000, 2_000];
const seconds = option('seconds', 10);
const pairs = option('pairs', 40);
const json = process.argv.includes('--json');

const data = dataFolder();
const server = await startEmbedded({ CLATTER_DATA: data.path, CLATTER_SESSION_RATE: '100000', CLATTER_USER_RATE: '100000', CLATTER_ADDRESS_RATE: '1000000' });
const person = async (name: string): Promise<{ user: string; client: Client }> => {
  const session = await register(server.url, { username: name, password: 'a long password' });
  const tokens = new SessionTokens(server.url, clock, session);
  const client = new Client({ transport: webTransport(server.url, () => tokens.get(false)), storage: memoryStorage(), tokens, clock, random: Math.random });
  client.start();
  await until(`${name} is online`, () => client.status.is === 'online');
  return { user: session.user, client };
};
const latencies: number[] = [];
const talks: { send(text: string): void }[] = [];
for (let i = 0; i < pairs; i++) {
  const [anna, ben] = [await person(`anna${i}`), await person(`ben${i}`)];
  await anna.client.send({ direct: ben.user }, 'hello');
  await until('they hold their conversation', () => ben.client.state.has(directId(anna.user, ben.user)));
  ben.client.on('message', ({ message }) => {
    const due = Number(message.text.slice(1));
    if (message.text.startsWith('@')) latencies.push(performance.now() - due);
  });
  talks.push({ send: (text) => void anna.client.send({ direct: ben.user }, text).catch(() => {}) });
}

if (!json)
  console.log(`${cpus().length} cores, ${pairs} pairs, clients in one process, server in another\n  rate/s  expected delivered     p50     p99     max  (ms)`);
for (const rate of rates) {
  latencies.length = 0;
  const expected = rate * seconds;
  const began = performance.now();
  for (let sent = 0; sent < expected; ) {
    const due = Math.min(expected, Math.floor(((performance.now() - began) / 1_000) * rate));
    for (; sent < due; sent++) talks[sent % pairs]?.send(`@${began + (sent / rate) * 1_000}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await until('all is delivered', () => latencies.length >= expected, 30_000).catch(() => {});
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = (q: number): number => Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN) * 10) / 10;
  const result = { mode: 'embedded', rate, seconds, expected, delivered: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  if (json) console.log(JSON.stringify(result));
  else
    console.log(
      `${String(rate).padStart(8)} ${String(expected).padStart(9)} ${String(result.delivered).padStart(9)} ${String(result.p50).padStart(7)} ${String(result.p99).padStart(7)} ${String(result.max).padStart(7)}`,
    );
}
await server.kill();
data.remove();
process.exit(0);
