import { Worker } from 'node:worker_threads';
import type { Ask, Batch, Reply, WorkerOptions } from './messages.ts';

type Settle = { readonly resolve: (result: unknown) => void; readonly reject: (error: Error) => void };

/** Speaks with the worker: batches are answered in order, questions by number. */
export class WorkerClient {
  readonly logId: string;
  readonly #worker: Worker;
  readonly #committed: (() => void)[] = [];
  readonly #asked = new Map<number, Settle>();
  readonly #died: (error: Error) => void;
  #id = 0;
  #closing = false;

  private constructor(worker: Worker, logId: string, died: (error: Error) => void) {
    this.#worker = worker;
    this.logId = logId;
    this.#died = died;
    worker.on('message', (reply: Reply) => this.#take(reply));
    worker.on('error', (error) => this.#end(error));
    worker.on('exit', () => this.#end(new Error('the log worker ended')));
  }

  /** @throws where the file can't be opened, or is in use */
  static open(options: WorkerOptions, died: (error: Error) => void): Promise<WorkerClient> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./logWorker.sqlite.ts', import.meta.url), { workerData: options });
      worker.once('error', reject);
      worker.once('message', (reply: Reply) => {
        worker.off('error', reject);
        if (reply.t === 'ready') resolve(new WorkerClient(worker, reply.logId, died));
        else reject(new Error('the log worker did not start'));
      });
    });
  }

  /** `done` is called when the batch is on the disk. */
  append(batch: Batch, done: () => void): void {
    this.#committed.push(done);
    this.#worker.postMessage(batch);
  }

  ask<T>(ask: Ask): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const id = ++this.#id;
      this.#asked.set(id, { resolve: resolve as (result: unknown) => void, reject });
      this.#worker.postMessage({ id, ask });
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.ask({ t: 'close' });
    await this.#worker.terminate();
  }

  #take(reply: Reply): void {
    if (reply.t === 'committed') return this.#committed.shift()?.();
    if (reply.t === 'failed') return this.#end(new Error(reply.error));
    if (reply.t !== 'answer') return;
    const settle = this.#asked.get(reply.id);
    this.#asked.delete(reply.id);
    if (reply.error === undefined) settle?.resolve(reply.result);
    else settle?.reject(new Error(reply.error));
  }

  #end(error: Error): void {
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
    if (this.#closing) return;
    this.#closing = true;
    this.#died(error);
  }
}
