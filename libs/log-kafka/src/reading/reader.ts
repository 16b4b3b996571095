import { LogError, type LogRecord } from '@clatter/ports';
import { nameOf } from '../wire/fetch.ts';
import type { Readable, Reading } from './readable.ts';

/**
 * `live`: where the shared fetch is; takes what it brings. `behind`: reads by itself until it is there. `ready`: as far as the log goes,
 * and waits to be taken into the shared fetch, which is on its way.
 */
export type State = 'paused' | 'behind' | 'ready' | 'live' | 'ended';

export type Around = {
  /** Reads for it until it is where the shared fetch is. */
  catchUp(reader: Reader, afterMs?: number): void;
  /** Its partition may have no readers any more. */
  left(part: Part): void;
  /** ms: when its partition was last read; now where nobody leads it */
  hears(part: Part): number;
};

/**
 * Invariants: 3. It is handed the offset it asked for first, then every next one; where every offset has its record a missing one ends it
 * with an alarm. 5. A handler that throws ends its own reading; the others go on.
 */
export class Reader implements Reading {
  readonly o: Readable;
  readonly part: Part;
  readonly #around: Around;
  next: number;
  state: State = 'paused';
  /** counts seeks, pauses and falls: what was asked for before one is not taken after it */
  turn = 0;
  #seeks = 0;

  constructor(o: Readable, part: Part, around: Around, from: number) {
    this.o = o;
    this.part = part;
    this.#around = around;
    this.next = from;
  }

  seek(offset: number): void {
    if (this.state === 'ended') return;
    this.next = offset;
    this.#seeks++;
    this.fall();
  }
  pause(): void {
    if (this.state !== 'ended') this.#set('paused');
  }
  resume(): void {
    if (this.state === 'paused') this.fall();
  }
  end(): void {
    if (this.state === 'ended') return;
    this.#set('ended');
    this.part.readers.delete(this);
    this.#around.left(this.part);
  }
  heardAt(): number {
    return this.#around.hears(this.part);
  }

  /** It is not where the shared fetch is, and reads by itself from its place. */
  fall(afterMs = 0): void {
    this.#set('behind');
    this.#around.catchUp(this, afterMs);
  }

  /** It ends; the others go on. */
  fail(why: string, cause?: unknown): void {
    if (this.state === 'ended') return;
    this.end();
    this.o.failed(new LogError('fatal', `${this.part.name}: ${why}`, cause));
  }

  /** Hands on what it has not had. false = not taken. */
  take(records: readonly LogRecord[], next: number): boolean {
    if (next <= this.next) return true;
    const first = records[0];
    const fresh = first === undefined || first.offset >= this.next ? records : records.filter(({ offset }) => offset >= this.next);
    if (this.o.dense && fresh.length !== next - this.next) {
      this.fail(`of offsets ${this.next} to ${next - 1} only ${fresh.length} are there`);
      return true;
    }
    const [before, seeks] = [this.next, this.#seeks];
    this.next = next; // at once: the handler may pause, resume or seek
    let taken = true;
    try {
      taken = this.o.take(fresh, next);
    } catch (error) {
      this.fail('a handler of records threw', error);
    }
    if (!taken && seeks === this.#seeks) this.next = before;
    return taken;
  }

  #set(state: State): void {
    this.state = state;
    this.turn++;
  }
}

/** A partition and who reads it here. */
export class Part {
  readonly topic: string;
  readonly partition: number;
  readonly name: string;
  readonly readers = new Set<Reader>();
  /** Invariant 4: the shared fetch's next offset, where all live readers are; what was asked for from beyond it is dropped. */
  head = 0;
  /** ms: when it was last read */
  heardAt: number;

  constructor(topic: string, partition: number, now: number) {
    this.topic = topic;
    this.partition = partition;
    this.name = nameOf({ topic, partition });
    this.heardAt = now;
  }

  get live(): Reader[] {
    return [...this.readers].filter(({ state }) => state === 'live');
  }

  /** Takes in who is ready, where nobody is live. true = somebody is live. */
  awake(): boolean {
    let ready = -1;
    for (const { state, next } of this.readers) {
      if (state === 'live') return true;
      if (state === 'ready') ready = Math.max(ready, next);
    }
    if (ready < 0) return false;
    this.head = ready;
    for (const reader of this.readers) if (reader.state === 'ready' && reader.next === ready) reader.state = 'live';
    return true;
  }
}
