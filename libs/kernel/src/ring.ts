/** What a router keeps of one record. */
export type RingEntry<R> = { readonly offset: number; readonly at: number; readonly bytes: number; readonly channels: readonly string[]; readonly record: R };

/**
 * The last admitted records of one partition, bounded in bytes and age (P7).
 * `position` = the last offset read; `low` = everything at or below it may be missing here.
 */
export class Ring<R> {
  #entries: RingEntry<R>[] = [];
  #head = 0;
  #bytes = 0;
  #low: number;
  #position: number;

  /** `from`: the first offset that will be read. */
  constructor(from: number) {
    this.#low = from - 1;
    this.#position = from - 1;
  }

  get position(): number {
    return this.#position;
  }
  get low(): number {
    return this.#low;
  }
  get bytes(): number {
    return this.#bytes;
  }
  /** ms: time of the oldest record kept, undefined when empty */
  get oldest(): number | undefined {
    return this.#entries[this.#head]?.at;
  }

  push(entry: RingEntry<R>): void {
    this.#entries.push(entry);
    this.#bytes += entry.bytes;
    this.#position = entry.offset;
  }

  /** Everything up to `offset` was read, though not all of it is kept (void records, claims, gaps). */
  advance(offset: number): void {
    if (offset > this.#position) this.#position = offset;
  }

  /** Drops the oldest until at most `maxBytes` are kept and none is older than `olderThan` (ms since the epoch). */
  trim(maxBytes: number, olderThan: number): void {
    for (;;) {
      const first = this.#entries[this.#head];
      if (!first || (this.#bytes <= maxBytes && first.at >= olderThan)) break;
      this.#head++;
      this.#bytes -= first.bytes;
      this.#low = first.offset;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Records in (from, to] that `wanted` says yes to, in order. The caller has checked `from >= low`. */
  between(from: number, to: number, wanted: (channels: readonly string[]) => boolean): R[] {
    const found: R[] = [];
    for (let i = this.#after(from); i < this.#entries.length; i++) {
      const entry = this.#entries[i] as RingEntry<R>;
      if (entry.offset > to) break;
      if (wanted(entry.channels)) found.push(entry.record);
    }
    return found;
  }

  #after(offset: number): number {
    let low = this.#head;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as RingEntry<R>).offset <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
