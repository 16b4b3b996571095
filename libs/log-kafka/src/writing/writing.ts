import { type Clock, LogError, type NewRecord } from '@clatter/ports';
import { appendErrorOf, refusalOf } from '../errors.kafka.ts';
import type { Lane, Reach } from '../link/brokers.ts';
import { throttled } from '../link/throttle.ts';
import type { Pace } from '../pace.ts';
import { nameOf } from '../wire/fetch.ts';
import { type NewBatch, type Placed, PRODUCE, readProduced, sizeGuess, writeProduce } from '../wire/produce.ts';

type Waiting = NewBatch & { readonly name: string; readonly bytes: number; done(offset: number): void; failed(error: LogError): void };

/** ms in which a broker must have the batches stand on its followers; the answer may take `MARGIN_MS` more */
const TIMEOUT_MS = 8_000;
const MARGIN_MS = 2_000;
/** bytes of one request; a batch that is larger goes alone */
export const REQUEST_BYTES = 4 << 20;
/** bytes that wait for one broker; beyond it an append is refused, surely without effect */
export const WAITING_BYTES = 64 << 20;
/** A broker answers the requests of one link one after the other, and `acks=all` waits for other brokers: two are under way. */
export const LANES = ['write0', 'write1'] as const satisfies readonly Lane[];

/** What waits for one broker, and the lanes on which nothing is under way to it. */
type Way = { waiting: Waiting[]; bytes: number; readonly free: Lane[]; readonly pace: Pace; armed: boolean };

/**
 * Batches of all partitions that a broker leads, in as few requests as it answers quickly: what gathers while requests are under way goes
 * with the next one (group commit across partitions).
 *
 * Invariants: 1. A partition has at most one batch under way, and a later one leaves only after its answer: order holds without a producer
 * id. 2. What did not reach a socket is `retriable`; what did and has no answer is `ambiguous`; an answer speaks for each partition alone.
 */
export class Writing {
  readonly #brokers: Reach;
  readonly #clock: Clock;
  readonly #pace: () => Pace;
  readonly #ways = new Map<number, Way>();
  /** partitions with a batch under way */
  readonly #flying = new Set<string>();

  /** `pace`: of the requests to one broker. */
  constructor(brokers: Reach, clock: Clock, pace: () => Pace) {
    this.#brokers = brokers;
    this.#clock = clock;
    this.#pace = pace;
  }

  /** Returns the offset of the first record. @throws {LogError} */
  async append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    const node = await this.#brokers.leaderOf(topic, partition).catch((error: unknown) => {
      throw appendErrorOf(error);
    });
    if (node === undefined) throw new LogError('retriable', `${topic}/${partition} has no leader now`);
    const way = this.#wayTo(node);
    const bytes = sizeGuess(records);
    if (way.bytes + bytes > WAITING_BYTES) throw new LogError('retriable', `more than ${WAITING_BYTES} bytes wait for broker ${node}`);
    return new Promise((done, failed) => {
      way.waiting.push({ topic, partition, records, name: nameOf({ topic, partition }), bytes, done, failed });
      way.bytes += bytes;
      this.#arm(node, way);
    });
  }

  #wayTo(node: number): Way {
    const way = this.#ways.get(node) ?? { waiting: [], bytes: 0, free: [...LANES], pace: this.#pace(), armed: false };
    this.#ways.set(node, way);
    return way;
  }

  /** The next request leaves at the end of this turn, or where requests follow each other quickly, when its time comes. */
  #arm(node: number, way: Way): void {
    if (way.armed || way.free.length === 0 || way.waiting.length === 0) return;
    way.armed = true;
    const go = (): void => {
      way.armed = false;
      this.#leave(node, way);
    };
    const wait = way.pace.wait(this.#clock.now());
    if (wait === 0) setImmediate(go);
    else this.#clock.after(wait, go);
  }

  #leave(node: number, way: Way): void {
    const going = this.#take(way);
    const lane = way.free[0];
    if (going.length === 0 || lane === undefined) return;
    way.free.shift();
    way.pace.left(this.#clock.now());
    void this.#send(node, lane, going).then((failure) => {
      way.free.push(lane);
      for (const { name } of going) this.#flying.delete(name);
      if (failure) this.#refuse(way, failure);
      // what waits for one of these partitions may wait for another broker, which leads it by now
      for (const [of, other] of this.#ways) this.#arm(of, other);
    });
    this.#arm(node, way);
  }

  /** Takes what may leave now out of what waits, in its order. */
  #take(way: Way): Waiting[] {
    if (way.free.length === 0) return [];
    const going: Waiting[] = [];
    const staying: Waiting[] = [];
    let bytes = 0;
    let full = false;
    for (const one of way.waiting) {
      // a smaller one behind the first that has no room may be of the same partition, and would overtake it
      full ||= going.length > 0 && bytes + one.bytes > REQUEST_BYTES;
      if (full || this.#flying.has(one.name)) {
        staying.push(one);
        continue;
      }
      going.push(one);
      bytes += one.bytes;
      this.#flying.add(one.name);
    }
    way.waiting = staying;
    way.bytes -= bytes;
    return going;
  }

  /** Sends one request and tells its batches what became of them. Returns why where the broker was not reached or did not answer. */
  async #send(node: number, lane: Lane, going: readonly Waiting[]): Promise<unknown> {
    try {
      const link = await this.#brokers.link(node, lane);
      const guess = going.reduce((sum, { bytes }) => sum + bytes, 0);
      const body = await link.request(PRODUCE, { guess, withinMs: TIMEOUT_MS + MARGIN_MS }, (to) => writeProduce(to, going, TIMEOUT_MS, this.#clock.now()));
      const { placed, throttleMs } = readProduced(body);
      const found = Map.groupBy(placed, nameOf);
      for (const one of going) this.#answer(one, found.get(one.name) ?? []);
      await throttled(this.#clock, throttleMs);
      return undefined;
    } catch (error) {
      this.#brokers.doubt();
      const failure = appendErrorOf(error);
      for (const { failed } of going) failed(failure);
      return failure;
    }
  }

  /** An answer that names a partition twice, or no place for what it says was appended, says nothing: invariant 2. */
  #answer({ name, done, failed }: Waiting, answers: readonly Placed[]): void {
    const [at] = answers;
    const clear = at !== undefined && answers.length === 1 && (at.error !== 0 || at.offset >= 0);
    if (clear && at.error === 0) return done(at.offset);
    this.#brokers.doubt();
    failed(clear ? refusalOf(at) : new LogError('ambiguous', `no clear answer for ${name}`));
  }

  /** What waits for a broker that is away was not sent: who appends may look for another leader at once. */
  #refuse(way: Way, cause: unknown): void {
    const waiting = way.waiting;
    way.waiting = [];
    way.bytes = 0;
    for (const { failed } of waiting) failed(new LogError('retriable', 'its broker is away', cause));
  }
}
