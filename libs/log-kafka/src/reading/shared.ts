import type { Clock, Log } from '@clatter/ports';
import type { Reach } from '../link/brokers.ts';
import type { Pace } from '../pace.ts';
import { nameOf } from '../wire/fetch.ts';
import { CatchUp } from './catchUp.ts';
import { Following } from './following.ts';
import type { Readable, Reading } from './readable.ts';
import { Part, Reader } from './reader.ts';

export type SharedReadingOptions = {
  readonly brokers: Reach;
  readonly clock: Clock;
  readonly log: Log;
  /** of the shared fetches of one broker */
  readonly pace: () => Pace;
  /** first offset that can be read */
  readonly startOf: (topic: string, partition: number) => Promise<number>;
};

/**
 * All that one process reads of the log, in one fetch per broker: what owner, projector and router of a process read is fetched, decoded and
 * paid for once. Groups decide who may read what; this only reads. A reader elsewhere than the others reads by itself until it has reached them.
 */
export class SharedReading {
  readonly #o: SharedReadingOptions;
  readonly #parts = new Map<string, Part>();
  readonly #followings = new Map<number, Following>();
  readonly #catchUp: CatchUp;
  #closed = false;

  constructor(options: SharedReadingOptions) {
    this.#o = options;
    const { brokers, clock, log, startOf } = options;
    this.#catchUp = new CatchUp({ brokers, clock, log, startOf, wake: (node) => this.#following(node).wake() });
  }

  /** Begins paused: nothing comes before `seek` or `resume`. */
  read(o: Readable, from: number): Reading {
    const name = nameOf(o);
    const part = this.#parts.get(name) ?? new Part(o.topic, o.partition, this.#o.clock.now());
    this.#parts.set(name, part);
    const reader = new Reader(o, part, this, from);
    part.readers.add(reader);
    return reader;
  }

  catchUp(reader: Reader, afterMs = 0): void {
    const { turn } = reader;
    const begin = (): void => void (reader.turn === turn && this.#catchUp.run(reader));
    if (afterMs > 0) this.#o.clock.after(afterMs, begin);
    else begin();
  }

  left(part: Part): void {
    if (part.readers.size === 0) this.#parts.delete(part.name);
  }

  /** A partition that nobody leads can't be heard by anybody: that is no deafness of this process. */
  hears({ topic, partition, heardAt }: Part): number {
    return this.#o.brokers.leader(topic, partition) === undefined ? this.#o.clock.now() : heardAt;
  }

  close(): void {
    this.#closed = true;
    this.#catchUp.close();
    for (const following of this.#followings.values()) following.close();
  }

  #following(node: number): Following {
    const known = this.#followings.get(node);
    if (known) return known;
    const { brokers, clock, log, pace } = this.#o;
    const wanted = (of: number): readonly Part[] => this.#wanted(of);
    const following = new Following(node, { brokers, clock, log, pace: pace(), wanted, partOf: (name) => this.#parts.get(name) });
    this.#followings.set(node, following);
    if (this.#closed) following.close();
    void following.run();
    return following;
  }

  /** Live readers whose leader moved are fetched by the following of the new one, which may have nothing else to do. */
  #wanted(node: number): readonly Part[] {
    const wanted: Part[] = [];
    for (const part of this.#parts.values()) {
      const leader = this.#o.brokers.leader(part.topic, part.partition);
      if (leader === node) {
        if (part.awake()) wanted.push(part);
      } else if (leader === undefined) this.#o.brokers.doubt();
      else if (!this.#followings.has(leader)) this.#following(leader);
    }
    return wanted;
  }
}
