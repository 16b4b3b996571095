import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { endsWithUs } from '../testbed/leftovers.ts';

const root = new URL('../..', import.meta.url).pathname;

it.each([
  ['127.0.0.1:1', 'no Kafka broker answers at 127.0.0.1:1'],
  ['localhost', 'a Kafka broker is host:port, not localhost'],
])('a service whose KAFKA_BROKERS is %s ends with 1 and says why', { timeout: 60_000 }, async (brokers, why) => {
  const env = { ...process.env, KAFKA_BROKERS: brokers, MONGO_URL: 'mongodb://127.0.0.1:1/', CLATTER_FEED_CREDENTIAL: 'of the test' };
  const child = spawn(process.execPath, ['services/messaging/src/main.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  endsWithUs(child);
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining(why) });
});
