import { type EventLog, LogError } from '@clatter/ports';

/** ms after an append that failed */
const PAUSE = 10;

/** Appends numbers to one partition, one produce in flight; the same again where its fate is not known, as an owner does. */
export class Writer {
  readonly acknowledged: number[] = [];
  /** where each acknowledged one stands */
  readonly offsets: number[] = [];
  ambiguous = 0;
  /** ms between two that were acknowledged, at most */
  stall = 0;
  /** ms until an append was settled either way, at most */
  slowest = 0;
  stopped = false;
  #abandoned = false;
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #p: number;
  readonly #gap: number;

  /** `gap`: ms from one append to the next */
  constructor(log: EventLog, topic: string, p: number, gap = 0) {
    this.#log = log;
    this.#topic = topic;
    this.#p = p;
    this.#gap = gap;
  }

  /** Ends after `stopped`, when the last number is acknowledged. @throws {LogError} fatal */
  async run(): Promise<void> {
    let last = performance.now();
    for (let n = 0; !this.stopped; n++) {
      this.offsets.push(await this.#append(n));
      this.acknowledged.push(n);
      this.stall = Math.max(this.stall, performance.now() - last);
      if (this.#gap > 0) await new Promise((resolve) => setTimeout(resolve, this.#gap));
      last = performance.now();
    }
  }

  /** Ends after the append that is under way, whatever comes of it. */
  abandon(): void {
    this.stopped = true;
    this.#abandoned = true;
  }

  async #append(n: number): Promise<number> {
    for (;;) {
      const began = performance.now();
      try {
        const offset = await this.#log.append(this.#topic, this.#p, [{ key: 'k', headers: {}, value: String(n) }]);
        this.slowest = Math.max(this.slowest, performance.now() - began);
        return offset;
      } catch (error) {
        this.slowest = Math.max(this.slowest, performance.now() - began);
        if (!(error instanceof LogError) || error.kind === 'fatal' || this.#abandoned) throw error;
        if (error.kind === 'ambiguous') this.ambiguous++;
        await new Promise((resolve) => setTimeout(resolve, PAUSE)); // one that fails at once must not keep everything else from going on
      }
    }
  }
}
