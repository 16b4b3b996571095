import type { TopicSpec } from '@clatter/contract';
import { LogError, type LogRecord } from '@clatter/ports';
import type { Row, StreamHead } from './messages.ts';
import type { WorkerClient } from './workerClient.ts';

const KEPT = 4_096;

/** One partition as the main thread knows it: the newest records in memory, how far readers may see, and who reads. */
export class Stream {
  readonly id: number;
  readonly spec: TopicSpec;
  readonly readers = new Set<() => void>();
  readonly #worker: WorkerClient;
  #recent: LogRecord[] = [];
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
    if (this.#recent.length > KEPT * 2) this.#recent = this.#recent.slice(-KEPT);
    if (this.spec.durability === 'soft') this.start = Math.max(this.start, this.next - KEPT);
    return record;
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
