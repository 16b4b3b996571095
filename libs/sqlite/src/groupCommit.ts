import { type Clock, type LogRecord, remaining } from '@clatter/ports';
import type { Batch } from './messages.ts';
import type { Stream } from './stream.ts';
import type { WorkerClient } from './workerClient.ts';

/** ms and records that `queued` records wait at most for a durable one to share their commit */
const QUEUED_MS = 20;
const QUEUED_RECORDS = 1_000;
/** ms from the beginning of one commit to that of the next: under load each one less saves waking two threads */
const PACE_MS = 2;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/**
 * Gathers what is appended into transactions of the worker: one is under way, meanwhile the next one fills.
 * One message, one transaction, one fsync.
 */
export class GroupCommit {
  readonly #worker: WorkerClient;
  readonly #clock: Clock;
  #batch: Mutable<Batch> | undefined;
  #done: (() => void)[] = [];
  #size = 0;
  /** streams of the batch, and up to where they will be in the file */
  #written = new Map<Stream, number>();
  #waiting = 0;
  /** the batch is to go as soon as it may */
  #due = false;
  #flying = false;
  #paced = false;
  #armed = false;
  /** ms: when the last one began */
  #began = 0;

  constructor(worker: WorkerClient, clock: Clock) {
    this.#worker = worker;
    this.#clock = clock;
  }

  /** Characters that are not on the disk yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Records of one stream that were given their places; `done` is called when they are on the disk. Without it nobody waits for them. */
  add(stream: Stream, records: readonly LogRecord[], size: number, done?: () => void): void {
    if (!this.#batch) {
      this.#batch = { t: 'append', streams: [], offsets: [], ats: [], keys: [], headers: [], values: [] };
      this.#goWithin();
    }
    const batch = this.#batch;
    for (const { offset, at, key, headers, value } of records) {
      batch.streams.push(stream.id);
      batch.offsets.push(offset);
      batch.ats.push(at);
      batch.keys.push(key);
      batch.headers.push(JSON.stringify(headers));
      batch.values.push(value);
    }
    this.#written.set(stream, stream.next);
    this.#size += size;
    this.#waiting += size;
    if (done) this.#done.push(done);
    // nobody waits for a `queued` record: it shares the commit of the durable one that follows from it
    if (this.#due || (!done && batch.offsets.length < QUEUED_RECORDS)) return;
    this.#due = true;
    setImmediate(() => this.#go());
  }

  /** What was gathered goes to the worker now, before anything that is asked of it later. */
  post(): void {
    const batch = this.#batch;
    this.#due = false;
    if (!batch) return;
    const done = this.#done;
    const size = this.#size;
    const written = this.#written;
    this.#batch = undefined;
    this.#done = [];
    this.#size = 0;
    this.#written = new Map();
    this.#flying = true;
    this.#began = this.#clock.now();
    this.#worker.append(batch, () => {
      this.#waiting -= size;
      this.#flying = false;
      if (this.#due) this.#go();
      for (const tell of done) tell();
      for (const [stream, next] of written) stream.forget(next); // behind those who read them as they were told
    });
  }

  #goWithin(): void {
    if (this.#armed) return;
    this.#armed = true;
    this.#clock.after(QUEUED_MS, () => {
      this.#armed = false;
      this.#due = true;
      this.#go();
    });
  }

  /** At once, or when the one under way is committed and the next one may begin. */
  #go(): void {
    if (this.#flying || this.#paced) return;
    const rest = remaining(this.#clock, this.#began, PACE_MS);
    if (rest === 0) return this.post();
    this.#paced = true;
    this.#clock.after(rest, () => {
      this.#paced = false;
      if (this.#due && !this.#flying) this.post();
    });
  }
}
