import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs';
import { addressOf } from './link/address.ts';
import { mendKafkajs } from './mend.kafka.ts';

export type KafkaConnection = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** true: TLS with the certificates that the system trusts */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SASLOptions;
};

/** ms until a connection must be there, authenticated or not */
export const CONNECT_MS = 3_000;

/** A socket to a broker on which small requests leave at once; `onConnect` is called when it can be written to, over TLS after the handshake. */
export const openSocket = (host: string, port: number, ssl: KafkaConnection['ssl'], onConnect: () => void): Socket => {
  const tls = ssl === true ? {} : ssl;
  const socket = tls ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...tls }, onConnect) : connectTcp({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket;
};

/** kafkajs with its faults corrected (mend.kafka.ts). It serves groups and administration. */
export const kafkaOf = ({ brokers, clientId, ssl, sasl }: KafkaConnection): Kafka => {
  mendKafkajs();
  // kafkajs cuts `host:port` at the first colon, so an IPv6 address goes through it without any
  const hosts = new Map<string, string>();
  const seeds = brokers.map((broker) => {
    const { host, port } = addressOf(broker);
    const name = host.replaceAll(':', '_');
    hosts.set(name, host);
    return `${name}:${port}`;
  });
  return new kafkajs.Kafka({
    clientId,
    brokers: seeds,
    ...(ssl ? { ssl } : {}),
    ...(sasl ? { sasl: { ...sasl } } : {}), // kafkajs keeps an authenticator in it, with the password of then
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: CONNECT_MS,
    requestTimeout: 10_000,
    // short waits: what stood still while a broker was away goes on as soon as it is back
    retry: { initialRetryTime: 50, multiplier: 1.5, maxRetryTime: 300, retries: 8 },
    socketFactory: ({ host, port, onConnect }) => openSocket(hosts.get(host) ?? host, port, ssl, onConnect),
  });
};
