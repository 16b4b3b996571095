import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openSocket } from './client.kafka.ts';
import { strangeOf } from './inside.kafka.ts';
import { mendKafkajs } from './mend.kafka.ts';
import { Broker, Connection, Encoder, load, type Made, Pool } from './testKafkajs.kafka.ts';

const logger: object = { namespace: () => logger, debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const LATE_MS = 300;
let server: Server | undefined;

/** A broker that does with each request as told; `sockets` it has taken. */
const brokerThat = async (take: (socket: Socket, correlation: number, n: number) => void) => {
  const sockets: Socket[] = [];
  let n = 0;
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => take(socket, bytes.readInt32BE(8), n++));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const factory = (o: { host: string; port: number; onConnect: () => void }) => openSocket(o.host, o.port, false, o.onConnect);
  const options = { host: '127.0.0.1', port, logger, clientId: 't', connectionTimeout: LATE_MS, requestTimeout: LATE_MS, socketFactory: factory };
  return { options, sockets };
};
const answer = (correlation: number, size = 8): Buffer => {
  const bytes = Buffer.alloc(4 + size, 7);
  bytes.writeInt32BE(size, 0);
  bytes.writeInt32BE(correlation, 4);
  return bytes;
};
/** Asks; whatever becomes of it, in words. */
const ask = (connection: Made): Promise<string> =>
  connection
    .send({
      request: { apiKey: 18, apiVersion: 0, apiName: 'Test', encode: async () => new Encoder() },
      response: { decode: async () => ({ clientSideThrottleTime: 0 }), parse: async () => 'answered' },
    })
    .catch((error: Error) => error.name);

beforeAll(() => mendKafkajs());
afterEach(() => void server?.close());

describe('kafkajs, mended', () => {
  it('has every name that this package reaches for, and another version of it is refused by name', () => {
    expect(strangeOf()).toBe('');
    expect(strangeOf((path) => (path.endsWith('package.json') ? { version: '2.3.0' } : load(path)))).toBe('kafkajs is 2.3.0, not 2.2.4');
    const lacking = strangeOf((path) => (path === 'kafkajs/src/broker' ? class {} : load(path)));
    expect(lacking).toMatch(/^kafkajs lacks .*kafkajs\/src\/broker: joinGroup/);
  });

  it('a broker that dies in the middle of an answer: the next connection begins anew', async () => {
    const { options } = await brokerThat((socket, correlation, n) => {
      if (n > 0) socket.write(answer(correlation));
      else socket.end(answer(correlation, 1_000).subarray(0, 300));
    });
    const connection = new Connection(options);
    await connection.connect();
    expect(await ask(connection)).toBe('KafkaJSConnectionClosedError');
    await connection.connect();
    expect(await ask(connection)).toBe('answered');
    await connection.disconnect();
  });

  it('a request that is pushed while its connection is being closed ends, and the connection serves again', async () => {
    let mute = true;
    const { options } = await brokerThat((socket, correlation) => mute || socket.write(answer(correlation)));
    const connection = new Connection(options);
    await connection.connect();
    const closing = connection.disconnect();
    const pushed = new Promise<string>((resolve) => {
      const entry = { apiKey: 18, apiName: 'Test', apiVersion: 0, correlationId: 0, resolve: () => resolve('answered'), reject: (e: Error) => resolve(e.name) };
      connection.requestQueue.push({ entry, expectResponse: true, requestTimeout: LATE_MS, sendRequest: () => {} });
    });
    await closing;
    expect(await pushed).toBe('KafkaJSRequestTimeoutError');
    mute = false;
    await connection.connect();
    expect(await ask(connection)).toBe('answered');
    await connection.disconnect();
  });

  it('an answer that is late ends the connection, as a host that is gone would keep every later request waiting too', async () => {
    const { options, sockets } = await brokerThat((socket, correlation, n) => n > 0 && socket.write(answer(correlation)));
    const connection = new Connection(options);
    await connection.connect();
    expect(await ask(connection)).toBe('KafkaJSRequestTimeoutError');
    await expect.poll(() => connection.isConnected()).toBe(false);
    await connection.connect();
    expect(await ask(connection)).toBe('answered');
    expect(sockets).toHaveLength(2);
    await connection.disconnect();
  });

  it('two that connect at once open one socket', async () => {
    const { options, sockets } = await brokerThat((socket, correlation) => socket.write(answer(correlation)));
    const connection = new Connection(options);
    await Promise.all([connection.connect(), connection.connect()]);
    expect([await ask(connection), await ask(connection)]).toEqual(['answered', 'answered']);
    expect(sockets).toHaveLength(1);
    await connection.disconnect();
  });

  it('a frozen broker that took a connection and said nothing is not taken for connected', async () => {
    const { options, sockets } = await brokerThat(() => {});
    const broker = new Broker({ connectionPool: new Pool(options), logger, nodeId: 1, authenticationTimeout: LATE_MS });
    for (let i = 1; i <= 2; i++) {
      await expect(broker.connect()).rejects.toThrow(/timed out|closed|not say/);
      await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(i);
    }
  });
});
