import type { Clock } from '@clatter/ports';

/** ms before the group would give its partitions away at which a member stops believing in them */
const MARGIN_MS = 500;

/** How long a member may believe that what it was given is its own: a session's time from the sending of the last heartbeat that was answered. */
export class Lease {
  readonly #clock: Clock;
  readonly #sessionTimeout: number;
  readonly #waiting: { readonly since: number; readonly done: () => void }[] = [];
  #sent = 0;
  #from = 0;

  constructor(clock: Clock, sessionTimeout: number) {
    this.#clock = clock;
    this.#sessionTimeout = sessionTimeout;
  }

  get valid(): boolean {
    return this.#clock.now() < this.#from + this.#sessionTimeout - MARGIN_MS;
  }

  /** What the group takes for a sign of life was sent at `at` (ms). */
  sent(at: number): void {
    this.#sent = at;
  }

  /** The last one that was sent was answered. */
  renewed(): void {
    this.#from = Math.max(this.#from, this.#sent);
  }

  /** As `renewed`, by a heartbeat: who waited for one goes on. */
  heartbeat(): void {
    this.renewed();
    for (const one of this.#waiting.splice(0)) {
      if (one.since <= this.#sent) one.done();
      else this.#waiting.push(one);
    }
  }

  /** Resolves after the next heartbeat that was answered and sent after this call. */
  next(): Promise<void> {
    return new Promise((done) => this.#waiting.push({ since: this.#clock.now(), done }));
  }
}
