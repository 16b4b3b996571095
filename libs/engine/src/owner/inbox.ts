import type { LogRecord } from '@clatter/ports';
import type { Signal } from '../signal.ts';

/** How the source of an inbox is stopped when `most` records wait, and let go on when half of them are gone (P7). `stop` says whether it could. */
export type Flow = { readonly most: number; stop(): boolean; go(): void };

/** Records that came in and wait for their reader, in order. */
export class Inbox {
  readonly #signal: Signal;
  readonly #flow: Flow | undefined;
  #stopped = false;
  #records: LogRecord[] = [];
  #at = 0;
  /** false: what comes in is dropped, since a seek will bring it again */
  #open = false;
  #next = 0;

  constructor(signal: Signal, flow?: Flow) {
    this.#signal = signal;
    this.#flow = flow;
  }

  get size(): number {
    return this.#records.length - this.#at;
  }

  /** From now on takes records, the first of which is at `from` or (in a compacted topic) behind it. */
  begin(from: number): void {
    this.#records = [];
    this.#at = 0;
    this.#next = from;
    this.#open = true;
  }

  close(): void {
    this.#open = false;
    this.#records = [];
    this.#at = 0;
    this.#goOn();
  }

  push(records: readonly LogRecord[]): void {
    if (!this.#open) return;
    for (const record of records) {
      if (record.offset < this.#next) continue;
      this.#records.push(record);
      this.#next = record.offset + 1;
    }
    if (this.#flow && !this.#stopped && this.size > this.#flow.most) this.#stopped = this.#flow.stop();
    this.#signal.raise();
  }

  peek(): LogRecord | undefined {
    return this.#records[this.#at];
  }

  shift(): LogRecord | undefined {
    const record = this.#records[this.#at];
    if (record === undefined) return undefined;
    this.#at++;
    if (this.#stopped && this.#flow && this.size <= this.#flow.most / 2) this.#goOn();
    if (this.#at > 1_000 && this.#at * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#at);
      this.#at = 0;
    }
    return record;
  }

  #goOn(): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#flow?.go();
  }
}
