import { growth, type Measured, spread } from './figures.ts';
import type { Rooms } from './rooms.ts';
import { cpuFigures, spent, usage } from './usage.ts';

/** ms without any delivery after which what is missing counts as lost */
const PATIENCE = 10_000;

export type Offered = {
  /** messages per second */
  readonly rate: number;
  readonly seconds: number;
  /** of each room */
  readonly members: number;
  /** ms after the last message within which all must have come */
  readonly within?: number;
};

/** Collects the latencies of one run; messages are numbered on across runs, so that stragglers of a former one do not count. */
export class Collector {
  #first = 0;
  #next = 0;
  #due: Float64Array = new Float64Array(0);
  #latencies: Float64Array = new Float64Array(0);
  count = 0;

  begin(messages: number, deliveries: number): void {
    this.#first = this.#next;
    this.#next += messages;
    this.#due = new Float64Array(messages);
    this.#latencies = new Float64Array(deliveries);
    this.count = 0;
  }

  /** `due`: ms, when it is meant to be sent. Returns the message's index. */
  sent(i: number, due: number): number {
    this.#due[i] = due;
    return this.#first + i;
  }

  readonly delivered = (index: number): void => {
    const due = this.#due[index - this.#first];
    if (due !== undefined) this.#latencies[this.count++] = performance.now() - due;
  };

  taken(): Float64Array {
    return this.#latencies.subarray(0, this.count);
  }
}

/** Sends every message at its intended time, whatever became of those before; latency counts from that time, so a stall is not hidden. */
export const openLoop = async (
  rooms: Rooms,
  collector: Collector,
  { rate, seconds, members, within = Number.POSITIVE_INFINITY }: Offered,
): Promise<Measured> => {
  const messages = Math.max(1, Math.round(rate * seconds));
  const expected = messages * members;
  collector.begin(messages, expected);
  const before = usage();
  const began = performance.now();
  for (let sent = 0; sent < messages; await pause(1)) {
    const due = Math.min(messages, Math.floor(((performance.now() - began) / 1_000) * rate) + 1);
    for (; sent < due; sent++) rooms.say(collector.sent(sent, began + (sent / rate) * 1_000));
  }
  await arrived(collector, expected, within);
  const used = spent(before);
  const latencies = collector.taken();
  const grewMs = growth(latencies);
  return { rate, seconds, expected, delivered: collector.count, ...spread(latencies), grewMs, ...cpuFigures(used, messages) };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Until all came, or nothing came for a while, or `within` ms. */
const arrived = async (collector: Collector, expected: number, within: number): Promise<void> => {
  const end = performance.now() + within;
  let last = collector.count;
  let since = performance.now();
  while (collector.count < expected && performance.now() - since < PATIENCE && performance.now() < end) {
    await pause(5);
    if (collector.count !== last) since = performance.now();
    last = collector.count;
  }
};
