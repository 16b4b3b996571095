import { type Clock, type Log, sleep } from '@clatter/ports';
import { AGAIN_AFTER_MS } from '../again.ts';
import type { Reach } from '../link/brokers.ts';
import type { Fetched } from '../wire/fetch.ts';
import { Gate } from './gate.ts';
import { look } from './look.ts';
import type { Reader } from './reader.ts';

export type CatchUpOptions = {
  readonly brokers: Reach;
  readonly clock: Clock;
  readonly log: Log;
  /** first offset that can be read */
  readonly startOf: (topic: string, partition: number) => Promise<number>;
  /** somebody waits to be taken into the shared fetch of this broker */
  readonly wake: (node: number) => void;
};

/** ms until one is asked for again that waits for the shared fetch */
const READY_MS = 20;
const BACK_OFF_MS = 50;
const MOST_BACK_OFF_MS = 1_000;
const OUT_OF_RANGE = 1;
/** ms that a place may lie beyond the log's end: a new leader may not know yet how far its followers are */
const BEYOND_MS = 30_000;
/** readers of one broker that read by themselves at once */
export const CATCHING_UP = 4;

/** `over`: it is live, or elsewhere by now. */
type Step = 'over' | 'more' | 'refused' | 'ready' | 'failed' | 'beyond';

/** Reads for a reader that is elsewhere than the shared fetch, until it is there. */
export class CatchUp {
  readonly #o: CatchUpOptions;
  readonly #gates = new Map<number, Gate>();
  #closed = false;

  constructor(options: CatchUpOptions) {
    this.#o = options;
  }

  close(): void {
    this.#closed = true;
  }

  /** Resolves when the reader is live, has ended, or is elsewhere by now. */
  async run(reader: Reader): Promise<void> {
    const { turn } = reader;
    const { clock } = this.#o;
    let failures = 0;
    let beyondSince: number | undefined;
    for (;;) {
      const step = await this.#step(reader, turn);
      if (step === 'over') return;
      const failed = step === 'failed' || step === 'beyond';
      failures = failed ? failures + 1 : 0;
      beyondSince = step === 'beyond' ? (beyondSince ?? clock.now()) : undefined;
      if (beyondSince !== undefined && clock.now() - beyondSince >= BEYOND_MS)
        return reader.fail(`offset ${reader.next} lies beyond the log's end; was the log restored or made anew?`);
      if (failed) await sleep(clock, Math.min(MOST_BACK_OFF_MS, BACK_OFF_MS * 2 ** (failures - 1)));
      else if (step === 'refused') await sleep(clock, AGAIN_AFTER_MS);
      else if (step === 'ready') await sleep(clock, READY_MS);
    }
  }

  async #step(reader: Reader, turn: number): Promise<Step> {
    const { part } = reader;
    const { brokers, clock } = this.#o;
    const current = (): boolean => reader.turn === turn && reader.state !== 'live' && !this.#closed;
    if (!current()) return 'over';
    const fetched = await this.#look(reader, current);
    if (!current()) return 'over';
    if (!fetched) return 'failed';
    if (fetched.error !== 0) {
      brokers.doubt();
      if (fetched.error !== OUT_OF_RANGE) return 'failed';
      return (await this.#below(reader, current)) ? 'over' : 'beyond';
    }
    part.heardAt = clock.now();
    if (fetched.unreadable) {
      reader.fail(fetched.unreadable);
      return 'over';
    }
    const { next } = reader;
    if (fetched.next !== undefined && !reader.take(fetched.records, fetched.next)) return 'refused';
    if (!current()) return 'over';
    if (reader.next >= fetched.highWatermark) return this.#join(reader);
    return fetched.next === undefined || fetched.next <= next ? 'failed' : 'more';
  }

  async #look(reader: Reader, current: () => boolean): Promise<Fetched | undefined> {
    const { brokers, clock, log } = this.#o;
    const { topic, partition } = reader.part;
    try {
      const node = await brokers.leaderOf(topic, partition);
      if (node === undefined) return undefined;
      const gate = this.#gates.get(node) ?? new Gate(CATCHING_UP);
      this.#gates.set(node, gate);
      return await gate.through(async () => (current() ? look(brokers, clock, node, { topic, partition, offset: reader.next }) : undefined));
    } catch (error) {
      log.debug({ topic, partition, error }, 'a fetch failed; trying again');
      brokers.doubt();
      return undefined;
    }
  }

  /** It is as far as the log goes: with those that are live, or first of all. */
  #join(reader: Reader): Step {
    const { part } = reader;
    reader.state = 'ready';
    if (reader.next >= part.head && part.live.length > 0) {
      reader.state = 'live';
      return 'over';
    }
    const node = this.#o.brokers.leader(part.topic, part.partition);
    if (node !== undefined) this.#o.wake(node);
    return 'ready'; // until the shared fetch takes it
  }

  /** true = it ended, as its place is below what can be read. */
  async #below(reader: Reader, current: () => boolean): Promise<boolean> {
    const { topic, partition } = reader.part;
    const start = await this.#o.startOf(topic, partition).catch(() => 0);
    if (!current() || reader.next >= start) return false;
    reader.fail(`offset ${reader.next} is below the log's start ${start}`);
    return true;
  }
}
