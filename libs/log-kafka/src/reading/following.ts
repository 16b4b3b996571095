import { type Clock, type Log, sleep } from '@clatter/ports';
import { AGAIN_AFTER_MS } from '../again.ts';
import { errorOfCode } from '../inside.kafka.ts';
import type { Reach } from '../link/brokers.ts';
import { throttled } from '../link/throttle.ts';
import type { Pace } from '../pace.ts';
import { FETCH, type Fetched, nameOf, readFetched, writeFetch } from '../wire/fetch.ts';
import { PARTITION_BYTES } from './look.ts';
import type { Part } from './reader.ts';
import { FetchSession } from './session.ts';

export type FollowingOptions = {
  readonly brokers: Reach;
  readonly clock: Clock;
  readonly log: Log;
  readonly pace: Pace;
  /** the partitions that this broker leads and somebody reads at their head */
  readonly wanted: (node: number) => readonly Part[];
  readonly partOf: (name: string) => Part | undefined;
};

/** ms that a broker keeps a fetch for which nothing is there */
const MAX_WAIT_MS = 250;
/** bytes of one answer; a larger batch comes alone */
export const MAX_BYTES = 4 << 20;
const IDLE_MS = 1_000;
/** ms until an answer is late: first, so that a frozen broker is soon known; and up to so many times as long, as one that is only slow must be read all the same */
const LATE_MS = 3_000;
const SLOWEST = 8;

/** The shared fetch of one broker: one request under way, in an incremental session, for all that a process follows there. */
export class Following {
  readonly #node: number;
  readonly #o: FollowingOptions;
  readonly #session = new FetchSession();
  /** how many times `LATE_MS` an answer may take: twice as much after one that is late, at most half as much after one that is not */
  #slowness = 1;
  #turns = 0;
  #wake = (): void => {};
  #closed = false;

  constructor(node: number, options: FollowingOptions) {
    this.#node = node;
    this.#o = options;
  }

  /** Somebody waits to be taken in. */
  wake(): void {
    this.#wake();
  }

  close(): void {
    this.#closed = true;
    this.#wake();
  }

  async run(): Promise<void> {
    const { brokers, clock, log } = this.#o;
    while (!this.#closed) {
      try {
        await this.#turn();
      } catch (error) {
        log.debug({ node: this.#node, error }, 'a fetch failed; trying again');
        this.#session.begin();
        brokers.doubt();
        await sleep(clock, AGAIN_AFTER_MS);
      }
    }
  }

  async #turn(): Promise<void> {
    const { brokers, clock, pace } = this.#o;
    brokers.freshen();
    const wanted = this.#o.wanted(this.#node);
    if (wanted.length === 0) return this.#idle();
    pace.left(clock.now());
    const fetched = await this.#fetch(wanted);
    if (!fetched) return sleep(clock, AGAIN_AFTER_MS / 10);
    for (const part of wanted) part.heardAt = clock.now();
    let more = false;
    for (const one of fetched) more = this.#hand(one) || more;
    const wait = Math.max(pace.wait(clock.now()), fetched.length > 0 ? patienceOf(wanted) : 0);
    if (wait > 0 && !more) await sleep(clock, wait);
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#o.clock.after(IDLE_MS, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  /** undefined = the session is gone, and nothing was answered. */
  async #fetch(wanted: readonly Part[]): Promise<readonly Fetched[] | undefined> {
    const { brokers, clock, log } = this.#o;
    const link = await brokers.link(this.#node, 'follow');
    const places = wanted.map(({ topic, partition, head }) => ({ topic, partition, offset: head }));
    // a broker fills its answer in the order that it is asked; in a session it sees to it by itself that each has its turn
    const first = this.#session.granted ? 0 : this.#turns++ % places.length;
    const asking = this.#session.ask([...places.slice(first), ...places.slice(0, first)]);
    const withinMs = LATE_MS * this.#slowness;
    this.#slowness = Math.min(SLOWEST, this.#slowness * 2); // until it is answered
    const body = await link.request(FETCH, { guess: 80 + asking.asked.length * 64, withinMs }, (to) =>
      writeFetch(to, { maxWaitMs: MAX_WAIT_MS, maxBytes: MAX_BYTES, maxBytesPerPartition: PARTITION_BYTES, ...asking }),
    );
    this.#slowness = Math.max(1, this.#slowness / 4);
    const { error, session, parts, throttleMs } = readFetched(body);
    await throttled(clock, throttleMs);
    const had = this.#session.granted;
    if (!this.#session.answered(error, session)) {
      log.debug({ node: this.#node, code: error }, 'the fetch session is gone; a new one begins');
      return undefined;
    }
    if (error !== 0) throw errorOfCode(error);
    if (this.#session.granted && !had) log.debug({ node: this.#node, partitions: wanted.length }, 'a fetch session was granted');
    return parts;
  }

  /** Hands on what was fetched of one partition. true = the log has more of it already. */
  #hand(fetched: Fetched): boolean {
    const { error, unreadable, records, next, highWatermark } = fetched;
    const part = this.#o.partOf(nameOf(fetched));
    // the readers may have gone back meanwhile: an answer that begins beyond the head would leave a gap
    if (!part || (this.#session.offsetOf(part.name) ?? Number.POSITIVE_INFINITY) > part.head) return false;
    if (error !== 0) {
      this.#o.brokers.doubt();
      for (const reader of part.live) reader.fall(); // each finds out by itself what is wrong
      return false;
    }
    if (unreadable) for (const reader of part.live) reader.fail(unreadable);
    if (next === undefined || next <= part.head) return false;
    part.head = next;
    for (const reader of part.live) {
      if (reader.state !== 'live') continue; // one that took these before it ended, paused or sent it elsewhere
      if (!reader.take(records, next) && reader.state === 'live') reader.fall(AGAIN_AFTER_MS);
    }
    return next < highWatermark;
  }
}

/** The least of all who share a fetch. */
const patienceOf = (wanted: readonly Part[]): number => {
  let least = Number.POSITIVE_INFINITY;
  for (const { readers } of wanted) for (const { state, o } of readers) if (state === 'live') least = Math.min(least, o.patience);
  return Number.isFinite(least) ? least : 0;
};
