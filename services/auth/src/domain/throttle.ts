import { ClatterError, TokenBucket } from '@clatter/kernel';

export const KEPT = 50_000;

/** Token buckets by name, the least used forgotten first (P7). */
export class Throttle {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** @throws {ClatterError} rate_limited with the time to wait */
  take(key: string, now: number): void {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#perSecond, this.#burst, now);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > KEPT) this.#buckets.delete(this.#buckets.keys().next().value as string);
    const after = bucket.take(now);
    if (after > 0) throw new ClatterError('rate_limited', 'Too many attempts.', { after });
  }
}
