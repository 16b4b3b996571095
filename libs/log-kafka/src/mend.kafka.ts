import { type Connection, connection, type RequestQueue, requestQueue } from './inside.kafka.ts';

let mended = false;

/**
 * Corrects, once a process, what of kafkajs 2.2.4 does not survive a broker that is killed or frozen. Each fault was seen or forced, and has
 * its test in mend.unit.spec.ts.
 */
export const mendKafkajs = (): void => {
  if (mended) return;
  mended = true;
  armOnlyWhileSomethingWaits();
  endEveryRequest();
  connectAfresh();
};

/** The timer of throttled requests is armed for negative times, without end: Node 24 warns and burns a core. */
const armOnlyWhileSomethingWaits = (): void => {
  requestQueue.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId || this.pending.length === 0) return;
    const wait = Math.max(10, this.throttledUntil - Date.now());
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, wait);
  };
};

/** beyond a request's own time-out, which kafkajs looks at every 100 ms while it believes to be connected */
const GRACE_MS = 500;
const LATE = 'KafkaJSRequestTimeoutError';
const queues = new WeakMap<RequestQueue, Connection>();

/**
 * A request that is pushed while its connection is being closed is never answered, and nobody looks whether it is late. Every request has a
 * timer of its own; and since a broker answers in order, a late one ends the connection.
 */
const endEveryRequest = (): void => {
  const create = requestQueue.createSocketRequest;
  requestQueue.createSocketRequest = function (pushed) {
    const { resolve, reject } = pushed.entry;
    let timer: NodeJS.Timeout | undefined;
    const entry = {
      ...pushed.entry,
      resolve: (answer: unknown): void => {
        clearTimeout(timer);
        resolve(answer);
      },
      reject: (error: unknown): void => {
        clearTimeout(timer);
        if ((error as Error).name === LATE) queues.get(this)?.socket?.destroy(error as Error);
        reject(error);
      },
    };
    const request = create.call(this, { ...pushed, entry });
    timer = setTimeout(() => {
      this.pending = this.pending.filter((one) => one !== request);
      request.timeoutRequest();
    }, request.requestTimeout + GRACE_MS);
    return request;
  };
};

const connecting = new WeakMap<Connection, Promise<unknown>>();
const SIZE = 4;

/**
 * A connection that is made again goes on with the half of an answer that the former one left, and takes every later answer for a part of
 * it; two that ask at once open two sockets, and the end of one ends the other.
 */
const connectAfresh = (): void => {
  const connect = connection.connect;
  connection.connect = function () {
    if (this.isConnected()) return connect.call(this);
    const under = connecting.get(this);
    if (under) return under;
    this.socket?.removeAllListeners().on('error', () => {});
    this.socket?.destroy();
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = SIZE;
    queues.set(this.requestQueue, this);
    const made = connect.call(this).finally(() => connecting.delete(this));
    connecting.set(this, made);
    return made;
  };
};
