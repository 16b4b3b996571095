/** who waited exactly as long as they were told is let through, whatever the sums of fractions say */
const ROUNDING = 1e-9;

/** A token bucket: `burst` at once, `perSecond` sustained. Time in ms comes from the caller. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: number;

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** 0 when taken, else the ms to wait until `cost` tokens are there. */
  take(now: number, cost = 1): number {
    this.#tokens = Math.min(this.#burst, this.#tokens + (Math.max(0, now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens + ROUNDING >= cost) {
      this.#tokens -= cost;
      return 0;
    }
    return Math.ceil(((cost - this.#tokens) / this.#perSecond) * 1000);
  }
}
