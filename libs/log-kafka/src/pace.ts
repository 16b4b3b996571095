/**
 * How requests to one broker follow each other: each costs both sides the same, however little is in it. As many as `burst` leave at once,
 * so nothing waits where there is little to do; where they go on, they leave `everyMs` apart and carry more each. Times in ms come from the caller.
 */
export class Pace {
  readonly #everyMs: number;
  readonly #ahead: number;
  /** when the next one would be due if all had left evenly */
  #due = 0;

  constructor(everyMs: number, burst: number) {
    this.#everyMs = everyMs;
    this.#ahead = everyMs * (burst - 1);
  }

  /** ms until the next one may leave; 0 = now */
  wait(now: number): number {
    // never more than it can be, since a clock may be set back
    return Math.max(0, Math.min(this.#everyMs, this.#due - this.#ahead - now));
  }

  /** One has left. */
  left(now: number): void {
    this.#due = Math.max(Math.min(this.#due, now + this.#ahead + this.#everyMs), now) + this.#everyMs;
  }
}
