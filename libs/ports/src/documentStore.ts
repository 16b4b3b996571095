import type { CollectionSpec, Versioned } from '@clatter/contract';

export type Document = Versioned & { readonly [field: string]: unknown };
export type Stored = { readonly key: string; readonly doc: Document };

/** A unique index already holds these values under another key. */
export class UniqueViolation extends Error {
  readonly index: string;
  constructor(index: string) {
    super(`unique index ${index}`);
    this.name = 'UniqueViolation';
    this.index = index;
  }
}

/** The store can't be reached or did not answer; nothing can be said of what was being written. */
export class StoreUnavailable extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreUnavailable';
  }
}

export type RangeOptions = {
  /** values of the index's first fields; all documents found have exactly these */
  readonly prefix: readonly (string | number)[];
  /** values of the fields behind the prefix (any number of them, from the left): only documents strictly beyond them in the order asked for */
  readonly after?: readonly (string | number)[];
  /** at most so many */
  readonly limit: number;
  /** default 'asc' */
  readonly order?: 'asc' | 'desc';
};

/**
 * Small documents under string keys, each with a `rev`. No transactions, no joins.
 * Guarantees, kept by every adapter and checked by `documentStoreContract`:
 *  1. A put is atomic per document and admitted iff nothing is stored under the key or `stored.rev < doc.rev`; so a late writer changes nothing.
 *  2. Once a put has resolved every reader, in any process, sees it or a later one, and it survives a crash
 *     (`durability: 'rebuildable'` collections may lose the newest puts together, in order, in a crash of the embedded store).
 *  3. Ranges are ordered by the index's fields: strings by code point, numbers by value. A document lacking a field of an index is not in it.
 *  4. Documents come back as they were put (JSON).
 */
export interface DocumentStore {
  /** Creates collections and their indexes where missing. */
  ensure(collections: readonly CollectionSpec[]): Promise<void>;
  get(collection: string, key: string): Promise<Document | undefined>;
  /** Answers in the order of `keys`. */
  getMany(collection: string, keys: readonly string[]): Promise<readonly (Document | undefined)[]>;
  /** true = admitted, false = refused by the guard. @throws {UniqueViolation | StoreUnavailable} */
  put(collection: string, key: string, doc: Document): Promise<boolean>;
  /** Each on its own; in the order given. @throws {UniqueViolation | StoreUnavailable} some may have been written */
  putMany(collection: string, docs: readonly Stored[]): Promise<readonly boolean[]>;
  range(collection: string, index: string, options: RangeOptions): Promise<readonly Stored[]>;
  /** All documents by key, in pages: for rebuild checks and tools. `after` is exclusive. */
  scan(collection: string, after: string | undefined, limit: number): Promise<readonly Stored[]>;
  /** Drops a whole collection, as a rebuild does with the generation it replaced. */
  drop(collection: string): Promise<void>;
  /** Rejects where the store does not answer: for readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
