import type { Clock } from '@clatter/ports';

type Timer = { readonly at: number; readonly run: () => void; readonly n: number };

/** A clock that stands still until it is told to move. */
export class ManualClock implements Clock {
  #now: number;
  #timers: Timer[] = [];
  #n = 0;

  constructor(now = 1_700_000_000_000) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run, n: this.#n++ };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((t) => t !== timer);
    };
  }

  /** Moves on by `ms`, running what falls due in order; between two timers pending promises settle. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const due = this.#timers.filter((t) => t.at <= until).sort((a, b) => a.at - b.at || a.n - b.n)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((t) => t !== due);
      this.#now = Math.max(this.#now, due.at);
      due.run();
    }
    this.#now = until;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
