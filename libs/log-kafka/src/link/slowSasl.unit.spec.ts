import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { Clock } from '@clatter/ports';
import { expect, it } from 'vitest';
import { Writer } from '../wire/bytes.ts';
import { FETCH } from '../wire/fetch.ts';
import { LIST_OFFSETS } from '../wire/listOffsets.ts';
import { METADATA } from '../wire/metadata.ts';
import { PRODUCE } from '../wire/produce.ts';
import { dialer } from './dial.kafka.ts';
import { Unsent } from './link.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms / 20);
    return () => clearTimeout(timer);
  },
};

/** Speaks every version, and offers the mechanism that is asked for. */
const speaks = (bytes: Buffer): Buffer => {
  const to = new Writer(64);
  to.int32(0);
  to.int32(bytes.readInt32BE(8));
  to.int16(0);
  if (bytes.readInt16BE(4) === 18) {
    to.int32(4);
    for (const { apiKey } of [PRODUCE, FETCH, LIST_OFFSETS, METADATA]) for (const value of [apiKey, 0, 20]) to.int16(value);
  } else {
    to.int32(1);
    to.string('OAUTHBEARER');
  }
  to.int32At(0, to.at - 4);
  return Buffer.from(to.written);
};

it.each([
  ['never comes', () => new Promise<never>(() => {})],
  ['could not be fetched', () => Promise.reject(new Error('ETIMEDOUT'))],
])('a token that %s: the dial ends, and may be tried again', async (_name, oauthBearerProvider) => {
  const server = createServer((socket) => socket.on('error', () => {}).on('data', (bytes) => socket.write(speaks(bytes)))).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sasl = { mechanism: 'oauthbearer' as const, oauthBearerProvider };
  const dialling = dialer({ brokers: [], clientId: 't', sasl }, clock)({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
  const late = new Promise((resolve) => setTimeout(resolve, 3_000, 'still dialling'));
  expect(await Promise.race([dialling.catch((error: unknown) => error), late])).toBeInstanceOf(Unsent);
  server.close();
});
