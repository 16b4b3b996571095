import { type Measured, rounded, spread } from './figures.ts';
import { cpuOfChildren, cpuOfMachine } from './processes.ts';
import type { Rooms } from './rooms.ts';

/** ms without any delivery after which what is missing counts as lost */
const PATIENCE = 10_000;

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

  /** `due`: ms, when it is meant to be sent. Answers the message's index. */
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
export const openLoop = async (rooms: Rooms, collector: Collector, rate: number, seconds: number, members: number): Promise<Measured> => {
  const messages = Math.round(rate * seconds);
  const expected = messages * members;
  collector.begin(messages, expected);
  const before = usage();
  const began = performance.now();
  for (let sent = 0; sent < messages; await pause(1)) {
    const due = Math.min(messages, Math.floor(((performance.now() - began) / 1_000) * rate) + 1);
    for (; sent < due; sent++) rooms.say(collector.sent(sent, began + (sent / rate) * 1_000));
  }
  await arrived(collector, expected);
  const { servers, load, broker, database, others } = since(before);
  return {
    rate,
    seconds,
    expected,
    delivered: collector.count,
    ...spread(collector.taken()),
    cpuSeconds: servers,
    messagesPerCpuSecond: servers ? Math.round(messages / servers) : null,
    loadCpuSeconds: load,
    brokerCpuSeconds: broker,
    databaseCpuSeconds: database,
    othersCpuSeconds: others,
  };
};

type Usage = { readonly children: ReturnType<typeof cpuOfChildren>; readonly own: NodeJS.CpuUsage; readonly machine: number };

const usage = (): Usage => ({ children: cpuOfChildren(), own: process.cpuUsage(), machine: cpuOfMachine() });

/** What was used since then, by whom; `others`: by what has nothing to do with this measurement. */
const since = (before: Usage) => {
  const now = usage();
  const load = (now.own.user - before.own.user + now.own.system - before.own.system) / 1e6;
  if (!before.children || !now.children) return { servers: null, broker: null, database: null, load: rounded(load, 2), others: null };
  const servers = now.children.servers - before.children.servers;
  const broker = now.children.broker - before.children.broker;
  const database = now.children.database - before.children.database;
  const others = Math.max(0, now.machine - before.machine - servers - broker - database - load);
  return { servers: rounded(servers, 2), broker: rounded(broker, 2), database: rounded(database, 2), load: rounded(load, 2), others: rounded(others, 2) };
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Until all came, or nothing came for a while. */
const arrived = async (collector: Collector, expected: number): Promise<void> => {
  let last = collector.count;
  let since = performance.now();
  while (collector.count < expected && performance.now() - since < PATIENCE) {
    await pause(5);
    if (collector.count !== last) since = performance.now();
    last = collector.count;
  }
};
