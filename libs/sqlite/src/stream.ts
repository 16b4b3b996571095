import type { TopicSpec } from '@clatter/contract';
import { LogError, type LogRecord } from '@clatter/ports';
import type { Row, StreamHead } from './messages.ts';
import type { WorkerClient } from './workerClient.ts';

/** newest records of a stream that stay in memory, and their characters; older ones are read from the file */
export const KEPT = { records: 512, size: 1024 * 1024 };

/** One partition as the main thread knows it: the newest records in memory, how far readers may see, and who reads. */
export class Stream {
  readonly id: number;
  readonly spec: TopicSpec;
  readonly readers = new Set<() => void>();
  readonly #worker: WorkerClient;
  #recent: LogRecord[] = [];
  #size = 0;
  #at: number;
  start: number;
  /** the offset that the next record gets */
  next: number;
  /** readers see what is below */
  visible: number;

  constructor(spec: TopicSpec, head: StreamHead, worker: WorkerClient) {
    this.spec = spec;
    this.id = head.stream;
    this.#worker = worker;
    this.#at = head.at;
    this.start = spec.durability === 'soft' ? 0 : head.start;
    this.next = spec.durability === 'soft' ? 0 : head.next;
    this.visible = this.next;
  }

  /** Gives a record its place and time; it is not visible yet. */
  place(key: string, headers: LogRecord['headers'], value: string, now: number): LogRecord {
    this.#at = Math.max(this.#at, now);
    const record: LogRecord = { key, headers, value, offset: this.next++, at: this.#at };
    this.#recent.push(record);
    this.#size += value.length;
    if (this.spec.durability === 'soft') {
      this.forget(this.next);
      this.start = Math.max(this.start, this.#recent[0]?.offset ?? this.next);
    }
    return record;
  }

  /** Everything below `written` stands in the file (or is lost for good, of a soft stream): what is beyond the limits goes out of memory (P7). */
  forget(written: number): void {
    let drop = 0;
    for (let first = this.#recent[0]; first && first.offset < written; first = this.#recent[drop]) {
      if (this.#size <= KEPT.size && this.#recent.length - drop <= KEPT.records) break;
      this.#size -= first.value.length;
      drop++;
    }
    if (drop > 0) this.#recent.splice(0, drop);
  }

  /** Characters in memory. */
  get size(): number {
    return this.#size;
  }

  /** Readers may see everything below `next`. */
  show(next: number): void {
    if (next <= this.visible) return;
    this.visible = next;
    for (const wake of this.readers) wake();
  }

  /** From memory where it is there: undefined = ask the file. */
  recent(from: number, limit: number): readonly LogRecord[] | undefined {
    const first = this.#recent[0]?.offset ?? this.next;
    if (from < first) return undefined;
    return this.#recent.slice(from - first, Math.min(from - first + limit, this.visible - first));
  }

  /** @throws {LogError} fatal below the start */
  async read(from: number, limit: number): Promise<readonly LogRecord[]> {
    if (from < this.start) throw new LogError('fatal', `${this.spec.name}: offset ${from} is below the log's start ${this.start}`);
    const near = this.recent(from, limit);
    if (near) return near;
    const rows = await this.#worker.ask<Row[]>({ t: 'read', stream: this.id, from, limit });
    return rows.filter((row) => row.offset < this.visible).map(({ headers, ...row }) => ({ ...row, headers: JSON.parse(headers) as LogRecord['headers'] }));
  }
}
