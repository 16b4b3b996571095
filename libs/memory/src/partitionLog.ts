import type { LogRecord, NewRecord } from '@clatter/ports';

/** One partition: what was appended, and who wants to know of more. */
export class PartitionLog {
  readonly records: LogRecord[] = [];
  readonly watchers = new Set<() => void>();
  #at = 0;

  append(records: readonly NewRecord[], now: number): number {
    const base = this.records.length;
    this.#at = Math.max(this.#at, now);
    // all readers share one record: whoever would change it is found out here
    for (const { key, headers, value } of records)
      this.records.push(Object.freeze({ key, headers: Object.freeze(headers), value, offset: this.records.length, at: this.#at }));
    for (const watch of this.watchers) watch();
    return base;
  }
}
