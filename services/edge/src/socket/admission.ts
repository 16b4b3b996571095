import type { CloseReason } from '@clatter/contract';
import { TokenBucket } from '@clatter/kernel';
import { bounded } from '../bounded.ts';
import type { EdgeSettings } from '../settings.ts';

export const BUCKETS = 20_000;

/** How many sockets there may be, and how fast a user or an address may speak over all of its sockets. */
export class Admission {
  readonly #settings: EdgeSettings;
  readonly #addresses = new Map<string, number>();
  readonly #buckets = new Map<string, TokenBucket>();
  #sockets = 0;

  constructor(settings: EdgeSettings) {
    this.#settings = settings;
  }

  /** undefined = come in. */
  admit(address: string): CloseReason | undefined {
    const count = this.#addresses.get(address) ?? 0;
    if (this.#sockets >= this.#settings.sockets) return 'drain'; // another edge may have room
    if (count >= this.#settings.socketsPerAddress) return 'abuse';
    this.#sockets++;
    this.#addresses.set(address, count + 1);
    return undefined;
  }

  leave(address: string): void {
    this.#sockets--;
    const count = (this.#addresses.get(address) ?? 1) - 1;
    if (count > 0) this.#addresses.set(address, count);
    else this.#addresses.delete(address);
  }

  /** ms to wait, 0 = go on. */
  takeUser(user: string, now: number): number {
    return this.#bucket(`u/${user}`, this.#settings.userRate, now).take(now);
  }

  /** ms to wait, 0 = go on. */
  takeAddress(address: string, now: number): number {
    return this.#bucket(`a/${address}`, this.#settings.addressRate, now).take(now);
  }

  #bucket(key: string, rate: number, now: number): TokenBucket {
    const known = this.#buckets.get(key) ?? new TokenBucket(rate, rate * 2, now);
    bounded(this.#buckets, key, known, BUCKETS);
    return known;
  }
}
