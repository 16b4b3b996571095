import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { it } from 'vitest';
import { kafkaOf } from './client.kafka.ts';

it('kafkajs reaches a broker that is named by an IPv6 address', async () => {
  const server = createServer((socket) => socket.on('error', () => {}).destroy()).listen(0, '::1');
  await once(server, 'listening');
  const connected = once(server, 'connection', { signal: AbortSignal.timeout(2_000) });
  const admin = kafkaOf({ brokers: [`[::1]:${(server.address() as AddressInfo).port}`], clientId: 't' }).admin();
  const connecting = admin.connect().catch(() => {});
  try {
    await connected;
  } finally {
    server.close();
    await connecting;
    await admin.disconnect();
  }
});
