import { createRequire } from 'node:module';
import { connect as connectTcp, isIP } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import kafkajs, { type Kafka, type KafkaConfig, type SASLOptions } from 'kafkajs';

export type KafkaConnection = {
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** `true`: by what this machine trusts */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: SASLOptions;
};

type Request = { readonly entry: { readonly apiKey: number } };
type Queue = {
  pending: unknown[];
  throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
  push(request: Request): void;
};

const PRODUCE = 0;
let patched = false;
let produces = 0;

/** Produce requests of this process so far. One that fails while this stands still was surely not sent. */
export const producesSoFar = (): number => produces;

const patchRequestQueue = (): void => {
  if (patched) return;
  patched = true;
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/network/requestQueue') as { prototype: Queue };
  // kafkajs 2.2.4 arms this timer for negative times, without end: Node 24 warns and burns a core. Armed only while something waits.
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const wait = Math.max(10, this.throttledUntil - Date.now());
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, wait);
  };
  // After a lost answer kafkajs connects again, and reports the error of that instead: only this tells whether the request had left.
  const push = prototype.push;
  prototype.push = function (request) {
    if (request.entry.apiKey === PRODUCE) produces++;
    push.call(this, request);
  };
};

/** kafkajs with its faults corrected: no timer that burns a core, and small requests leave at once. */
export const kafkaOf = ({ brokers, clientId, ssl, sasl }: KafkaConnection): Kafka => {
  patchRequestQueue();
  const config: KafkaConfig = {
    clientId,
    brokers: [...brokers],
    ...(ssl ? { ssl } : {}),
    ...(sasl ? { sasl } : {}),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 3_000,
    requestTimeout: 10_000,
    // short waits: what stood still while a broker was away goes on as soon as it is back
    retry: { initialRetryTime: 50, multiplier: 1.5, maxRetryTime: 300, retries: 8 },
    socketFactory: ({ host, port, ssl: tls, onConnect }) => {
      const socket = tls ? connectTls({ host, port, ...(isIP(host) ? {} : { servername: host }), ...tls }, onConnect) : connectTcp({ host, port }, onConnect);
      socket.setKeepAlive(true, 60_000);
      socket.setNoDelay(true);
      return socket;
    },
  };
  return new kafkajs.Kafka(config);
};
