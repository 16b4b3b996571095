import { Worker } from 'node:worker_threads';
import type { CollectionSpec, LimitRow } from '@clatter/contract';
import { type Document, type DocumentStore, type RangeOptions, type Stored, StoreUnavailable, UniqueViolation } from '@clatter/ports';
import type { DocRow, StoreAnswer, StoreCall, StoreCallName, StoreCalls, StoreWorkerOptions } from './storeMessages.ts';

type Settle = { readonly resolve: (result: never) => void; readonly reject: (error: Error) => void };

/** Limits of documents in a file of the embedded mode; docs/limits.md is made of them. */
export const SQLITE_STORE_LIMITS = {
  calls: { value: 20_000, unit: 'calls waiting for the thread that owns the file', beyond: 'they are refused: error unavailable' },
} as const satisfies Record<string, LimitRow>;

const decode = (text: string): Document => JSON.parse(text) as Document;
const stored = ({ key, doc }: DocRow): Stored => ({ key, doc: decode(doc) });

/**
 * A file of documents in a thread of its own, so that neither a commit nor a checkpoint of the file holds up who serves sockets.
 * Calls are carried out in the order in which they were made. One message is under way; meanwhile the next calls gather, since waking a thread costs more than most calls.
 */
class SqliteStore implements DocumentStore {
  readonly #worker: Worker;
  readonly #settles = new Map<number, Settle>();
  #calls: StoreCall[] = [];
  #flying = false;
  #id = 0;
  #over: StoreUnavailable | undefined;

  constructor(options: StoreWorkerOptions, died: (error: Error) => void) {
    this.#worker = new Worker(new URL('./storeWorker.sqlite.ts', import.meta.url), { workerData: options });
    this.#worker.on('message', (answers: readonly StoreAnswer[]) => {
      this.#flying = false;
      if (this.#calls.length > 0) this.#send();
      for (const answer of answers) this.#settle(answer);
    });
    const ended = (error: Error): void => {
      if (!this.#over) died(error);
      this.#end(new StoreUnavailable(`${options.path} can not be used: ${error.message}`, error));
    };
    this.#worker.on('error', ended);
    this.#worker.on('exit', () => ended(new Error('its thread ended')));
  }

  ensure(collections: readonly CollectionSpec[]): Promise<void> {
    return this.#call('ensure', { collections });
  }

  async get(collection: string, key: string): Promise<Document | undefined> {
    return (await this.getMany(collection, [key]))[0];
  }

  async getMany(collection: string, keys: readonly string[]): Promise<readonly (Document | undefined)[]> {
    if (keys.length === 0) return [];
    const texts = await this.#call('getMany', { collection, keys });
    return texts.map((text) => (text === undefined ? undefined : decode(text)));
  }

  async put(collection: string, key: string, doc: Document): Promise<boolean> {
    return (await this.putMany(collection, [{ key, doc }]))[0] === true;
  }

  putMany(collection: string, docs: readonly Stored[]): Promise<readonly boolean[]> {
    if (docs.length === 0) return Promise.resolve([]);
    return this.#call('putMany', { collection, docs: docs.map(({ key, doc }) => ({ key, rev: doc.rev, doc: JSON.stringify(doc) })) });
  }

  async range(collection: string, index: string, options: RangeOptions): Promise<readonly Stored[]> {
    return (await this.#call('range', { collection, index, options })).map(stored);
  }

  async scan(collection: string, after: string | undefined, limit: number): Promise<readonly Stored[]> {
    return (await this.#call('scan', { collection, after, limit })).map(stored);
  }

  async drop(collection: string): Promise<void> {
    while (!(await this.#call('drop', { collection })));
  }

  ping(): Promise<void> {
    return this.#call('ping', {});
  }

  async close(): Promise<void> {
    if (this.#over) return;
    const closing = this.#call('close', {});
    this.#over = new StoreUnavailable('the store is closed');
    await closing;
    await this.#worker.terminate();
  }

  #call<N extends StoreCallName>(t: N, of: StoreCalls[N]['of']): Promise<StoreCalls[N]['to']> {
    return new Promise((resolve, reject) => {
      if (this.#over) return reject(this.#over);
      if (this.#settles.size >= SQLITE_STORE_LIMITS.calls.value) return reject(new StoreUnavailable('too many calls wait for the store'));
      const id = ++this.#id;
      this.#settles.set(id, { resolve: resolve as Settle['resolve'], reject });
      if (this.#calls.length === 0 && !this.#flying) queueMicrotask(() => this.#send());
      this.#calls.push({ id, t, ...of } as unknown as StoreCall);
    });
  }

  #send(): void {
    const calls = this.#calls;
    this.#calls = [];
    this.#flying = true;
    this.#worker.postMessage(calls);
  }

  #settle(answer: StoreAnswer): void {
    const settle = this.#settles.get(answer.id);
    this.#settles.delete(answer.id);
    if ('unique' in answer) settle?.reject(new UniqueViolation(answer.unique));
    else if ('error' in answer) settle?.reject(new StoreUnavailable(answer.error));
    else settle?.resolve(answer.result as never);
  }

  #end(why: StoreUnavailable): void {
    this.#over ??= why;
    for (const { reject } of this.#settles.values()) reject(why);
    this.#settles.clear();
  }
}

export type SqliteStoreOptions = {
  readonly path: string;
  /** survives a power cut with every put (state that can't be rebuilt); else the newest puts may be lost together, in order */
  readonly durable: boolean;
  /** the thread is gone: every call is refused from now on */
  readonly died?: (error: Error) => void;
};

/** A file that can't be opened is told by the first call. */
export const openSqliteStore = ({ path, durable, died = () => {} }: SqliteStoreOptions): DocumentStore => new SqliteStore({ path, durable }, died);
