import { LogError, type LogRecord } from '@clatter/ports';
import type { Stream } from './stream.ts';

const AT_ONCE = 500;

/** Hands the records of one partition on: straight from memory at the head, in pages from the file behind it. */
export class Reader {
  readonly #stream: Stream;
  readonly #hand: (records: readonly LogRecord[], next: number) => void;
  readonly #failed: (error: LogError) => void;
  readonly #wake = (): void => this.#go();
  #next = 0;
  #turn = 0;
  #open = false;
  #reading = false;

  constructor(stream: Stream, hand: (records: readonly LogRecord[], next: number) => void, failed: (error: LogError) => void) {
    this.#stream = stream;
    this.#hand = hand;
    this.#failed = failed;
    stream.readers.add(this.#wake);
  }

  /** The next record handed on is exactly `offset` (in a compacted topic the first at or after it). */
  seek(offset: number): void {
    this.#next = offset;
    this.#turn++;
    this.resume();
  }

  pause(): void {
    this.#open = false;
  }

  resume(): void {
    this.#open = true;
    queueMicrotask(this.#wake);
  }

  end(): void {
    this.#open = false;
    this.#turn++;
    this.#stream.readers.delete(this.#wake);
  }

  #go(): void {
    while (this.#open && !this.#reading && this.#next < this.#stream.visible) {
      const near = this.#next < this.#stream.start ? undefined : this.#stream.recent(this.#next, AT_ONCE);
      if (!near) return void this.#page();
      this.#give(near);
    }
  }

  #give(records: readonly LogRecord[]): void {
    const last = records.at(-1);
    if (!last) return;
    this.#next = last.offset + 1;
    this.#hand(records, this.#next);
  }

  async #page(): Promise<void> {
    this.#reading = true;
    const turn = this.#turn;
    try {
      const records = await this.#stream.read(this.#next, AT_ONCE);
      if (turn === this.#turn && this.#open) {
        if (records.length > 0) this.#give(records);
        else this.#next = this.#stream.visible; // a compacted end
      }
    } catch (error) {
      this.#open = false;
      this.#failed(error instanceof LogError ? error : new LogError('fatal', 'the log can not be read', error));
    } finally {
      this.#reading = false;
    }
    this.#go();
  }
}
