import dns from 'node:dns';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Clock, LogError } from '@clatter/ports';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Writer } from '../wire/bytes.ts';
import { FETCH } from '../wire/fetch.ts';
import { LIST_OFFSETS } from '../wire/listOffsets.ts';
import { METADATA } from '../wire/metadata.ts';
import { PRODUCE } from '../wire/produce.ts';
import { dialer } from './dial.kafka.ts';
import { Unsent } from './link.ts';

/** A clock on which every wait is over twenty times as soon. */
const clock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms / 20);
    return () => clearTimeout(timer);
  },
};
type Take = (socket: Socket, apiKey: number, correlation: number) => void;
let server: Server | undefined;

/** A broker that does with each request as told. */
const brokerThat = async (take: Take, host = '127.0.0.1') => {
  server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => take(socket, bytes.readInt16BE(4), bytes.readInt32BE(8)));
  }).listen(0, host);
  await once(server, 'listening');
  return { host, port: (server.address() as AddressInfo).port };
};
const answer = (socket: Socket, correlation: number, body: (to: Writer) => void): void => {
  const to = new Writer(64);
  to.int32(0);
  to.int32(correlation);
  body(to);
  to.int32At(0, to.at - 4);
  socket.write(Buffer.from(to.written));
};
const API_VERSIONS = 18;
const SASL_HANDSHAKE = 17;
/** Answers that every version is spoken, up to `most`. */
const versions = (socket: Socket, correlation: number, most = 20): void =>
  answer(socket, correlation, (to) => {
    to.int16(0);
    to.int32(4);
    for (const { apiKey } of [PRODUCE, FETCH, LIST_OFFSETS, METADATA]) for (const value of [apiKey, 0, most]) to.int16(value);
  });
const plain = { brokers: [], clientId: 't' };
const withSasl = { ...plain, sasl: { mechanism: 'scram-sha-512' as const, username: 'u', password: 'p' } };

/** A name stands for these addresses. */
const named = (...addresses: readonly string[]): void => {
  const all = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  vi.spyOn(dns, 'lookup').mockImplementation(((_host: string, _o: object, done: (error: null, found: object) => void) => done(null, all)) as never);
};

afterEach(() => {
  vi.restoreAllMocks();
  server?.close();
});

describe('dialling a broker', () => {
  it('one that says what it speaks is linked', async () => {
    const link = await dialer(plain, clock)(await brokerThat((socket, _api, correlation) => versions(socket, correlation)));
    expect([link.open, link.expires]).toEqual([true, Number.POSITIVE_INFINITY]);
    link.end('the test is over');
  });

  it('one that is too old, or too new, is refused by name, for good', async () => {
    const address = await brokerThat((socket, _api, correlation) => versions(socket, correlation, 3));
    const failure = await dialer(plain, clock)(address).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(LogError);
    expect(failure).toMatchObject({ kind: 'fatal', message: expect.stringMatching(/does not speak Produce v7, Fetch v11, Metadata v6$/) });
  });

  const passing: Readonly<Record<string, Take>> = {
    'takes the connection and says nothing': () => {},
    'closes at the first request': (socket) => socket.end(),
    'resets at the first request': (socket) => socket.resetAndDestroy(),
    'answers with junk': (socket) => socket.write(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')),
    'answers half': (socket, _api, correlation) => {
      const half = Buffer.alloc(10);
      half.writeInt32BE(400, 0);
      half.writeInt32BE(correlation, 4);
      socket.end(half);
    },
  };
  for (const [what, take] of Object.entries(passing)) {
    it(`one that ${what}: surely nothing was sent, and it may be tried again`, async () => {
      await expect(dialer(plain, clock)(await brokerThat(take))).rejects.toBeInstanceOf(Unsent);
    });
  }

  it('one that is away, or whose address is none', async () => {
    const address = await brokerThat(() => {});
    server?.close();
    for (const to of [address, { host: '127.0.0.1', port: 70_000 }, { host: '', port: Number.NaN }])
      await expect(dialer(plain, clock)(to)).rejects.toBeInstanceOf(Unsent);
  });

  it('one whose name stands for several addresses is found at whichever it listens; where it is at none, why is told', async () => {
    const { port } = await brokerThat((socket, _api, correlation) => versions(socket, correlation), '127.0.0.2');
    named('127.0.0.1', '::1', '127.0.0.2');
    const link = await dialer(plain, clock)({ host: 'kafka', port });
    expect(link.open).toBe(true);
    link.end('the test is over');
    named('127.0.0.1', '127.0.0.3');
    await expect(dialer(plain, clock)({ host: 'kafka', port })).rejects.toThrow(/^kafka:\d+: connect ECONNREFUSED 127.0.0.1:\d+/);
  });

  const cutting: Readonly<Record<string, Take>> = {
    'closes during SASL': (socket) => socket.end(),
    'says nothing during SASL': () => {},
    'resets during SASL': (socket) => socket.resetAndDestroy(),
  };
  for (const [what, take] of Object.entries(cutting)) {
    it(`one that ${what} has refused nobody: it may be tried again`, async () => {
      const address = await brokerThat((socket, api, correlation) => (api === API_VERSIONS ? versions(socket, correlation) : take(socket, api, correlation)));
      await expect(dialer(withSasl, clock)(address)).rejects.toBeInstanceOf(Unsent);
    });
  }

  it('one that refuses the mechanism: for good, and it says why', async () => {
    const address = await brokerThat((socket, api, correlation) => {
      if (api === API_VERSIONS) return versions(socket, correlation);
      expect(api).toBe(SASL_HANDSHAKE);
      answer(socket, correlation, (to) => {
        to.int16(33); // UNSUPPORTED_SASL_MECHANISM
        to.int32(0);
      });
    });
    await expect(dialer(withSasl, clock)(address)).rejects.toMatchObject({ kind: 'fatal', message: expect.stringMatching(/SASL/) });
  });
});
