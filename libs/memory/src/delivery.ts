import type { LogRecord } from '@clatter/ports';
import type { Host } from './host.ts';
import type { PartitionLog } from './partitionLog.ts';

/** Hands the records of one partition on to one reader, in steps of the reader's host. */
export class Delivery {
  readonly #log: PartitionLog;
  readonly #host: Host;
  readonly #label: string;
  readonly #hand: (records: readonly LogRecord[], next: number) => void;
  readonly #watch = (): void => this.#kick();
  #next = 0;
  #open = false;
  #ended = false;
  #busy = false;

  constructor(log: PartitionLog, host: Host, label: string, hand: (records: readonly LogRecord[], next: number) => void) {
    this.#log = log;
    this.#host = host;
    this.#label = label;
    this.#hand = hand;
    log.watchers.add(this.#watch);
  }

  get next(): number {
    return this.#next;
  }

  /** What is handed on next is exactly `offset`. */
  seek(offset: number): void {
    this.#next = offset;
    this.resume();
  }

  pause(): void {
    this.#open = false;
  }

  resume(): void {
    this.#open = true;
    this.#kick();
  }

  end(): void {
    this.#ended = true;
    this.#open = false;
    this.#log.watchers.delete(this.#watch);
  }

  #kick(): void {
    if (this.#busy || this.#ended || !this.#open || this.#next >= this.#log.records.length) return;
    this.#busy = true;
    void this.#host.step(this.#label).then(() => {
      this.#busy = false;
      if (this.#ended || !this.#open) return;
      const records = this.#log.records.slice(this.#next, this.#next + (this.#host.batch?.() ?? 500));
      if (records.length > 0) {
        this.#next += records.length;
        this.#hand(records, this.#next);
      }
      this.#kick();
    });
  }
}
