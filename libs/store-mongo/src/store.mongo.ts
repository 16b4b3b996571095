import type { CollectionSpec } from '@clatter/contract';
import { type Document, type DocumentStore, type RangeOptions, type Stored, StoreUnavailable, UniqueViolation } from '@clatter/ports';
import { type Collection, type Db, MongoBulkWriteError, MongoClient, MongoServerError } from 'mongodb';

type Row = { readonly _id: string; readonly rev: number; readonly [field: string]: unknown };

export type MongoStoreOptions = { readonly url: string; readonly database: string };

const DUPLICATE = 11_000;
const docOf = ({ _id, ...doc }: Row): Document => doc;

/** Documents in MongoDB: majority and journaled writes, reads from the primary, every put guarded by `rev` in its filter. */
class MongoStore implements DocumentStore {
  readonly #client: MongoClient;
  readonly #db: Db;
  readonly #specs = new Map<string, CollectionSpec>();

  constructor(client: MongoClient, database: string) {
    this.#client = client;
    this.#db = client.db(database);
  }

  ensure(collections: readonly CollectionSpec[]): Promise<void> {
    return said(async () => {
      for (const spec of collections) {
        if (this.#specs.has(spec.name)) continue;
        for (const { name, fields, unique } of spec.indexes) {
          const keys = Object.fromEntries(fields.map((f) => [f, 1 as const]));
          await this.#db.collection(spec.name).createIndex(keys, { name, ...(unique ? { unique: true } : {}) });
        }
        this.#specs.set(spec.name, spec);
      }
    });
  }

  get(collection: string, key: string): Promise<Document | undefined> {
    return said(async () => {
      const row = await this.#of(collection).findOne({ _id: key });
      return row ? docOf(row) : undefined;
    });
  }

  getMany(collection: string, keys: readonly string[]): Promise<readonly (Document | undefined)[]> {
    return said(async () => {
      if (keys.length === 0) return [];
      const rows = await this.#of(collection)
        .find({ _id: { $in: [...new Set(keys)] } })
        .toArray();
      const found = new Map(rows.map((row) => [row._id, docOf(row)]));
      return keys.map((key) => found.get(key));
    });
  }

  async put(collection: string, key: string, doc: Document): Promise<boolean> {
    return (await this.putMany(collection, [{ key, doc }]))[0] === true;
  }

  /** Upserts whose filter is the guard: where a newer one is stored the upsert meets its own key, and that is the refusal. */
  putMany(collection: string, docs: readonly Stored[]): Promise<readonly boolean[]> {
    return said(async () => {
      if (docs.length === 0) return [];
      const done = docs.map(() => true);
      const operations = docs.map(({ key, doc }) => ({ replaceOne: { filter: { _id: key, rev: { $lt: doc.rev } }, replacement: { ...doc }, upsert: true } }));
      try {
        await this.#of(collection).bulkWrite(operations, { ordered: false });
      } catch (error) {
        if (!(error instanceof MongoBulkWriteError)) throw error;
        const errors = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
        // the driver wraps a lost connection and a missed write concern in the same class: only refusals by the guard are an answer
        if (errors.length === 0 || error.result.getWriteConcernError()) throw error;
        for (const one of errors) {
          if (one.code !== DUPLICATE) throw error;
          const index = this.#violated(collection, one.errmsg ?? '');
          if (index) throw new UniqueViolation(index);
          done[one.index] = false;
        }
      }
      return done;
    });
  }

  range(collection: string, index: string, { prefix, after, limit, order }: RangeOptions): Promise<readonly Stored[]> {
    const fields = this.#specs.get(collection)?.indexes.find((i) => i.name === index)?.fields;
    if (!fields) return Promise.reject(new StoreUnavailable(`${collection} has no index ${index}`));
    const rest = fields.slice(prefix.length);
    const sign = order === 'desc' ? -1 : 1;
    const and: object[] = prefix.map((value, i) => ({ [fields[i] as string]: value }));
    for (const field of rest) and.push({ [field]: { $exists: true } });
    if (after)
      and.push({
        $or: after.map((value, i) => ({
          ...Object.fromEntries(after.slice(0, i).map((v, j) => [rest[j] as string, v])),
          [rest[i] as string]: { [sign > 0 ? '$gt' : '$lt']: value },
        })),
      });
    const sort = Object.fromEntries([...fields, '_id'].map((f) => [f, sign as 1 | -1]));
    return said(async () => {
      const rows = await this.#of(collection)
        .find(and.length > 0 ? { $and: and } : {})
        .sort(sort)
        .limit(limit)
        .toArray();
      return rows.map((row) => ({ key: row._id, doc: docOf(row) }));
    });
  }

  scan(collection: string, after: string | undefined, limit: number): Promise<readonly Stored[]> {
    return said(async () => {
      const rows = await this.#of(collection)
        .find(after === undefined ? {} : { _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return rows.map((row) => ({ key: row._id, doc: docOf(row) }));
    });
  }

  drop(collection: string): Promise<void> {
    return said(async () => {
      this.#specs.delete(collection);
      await this.#db.dropCollection(collection).catch((error: unknown) => {
        if (!(error instanceof MongoServerError && error.codeName === 'NamespaceNotFound')) throw error;
      });
    });
  }

  ping(): Promise<void> {
    return said(async () => void (await this.#db.command({ ping: 1 })));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  #of(collection: string): Collection<Row> {
    if (!this.#specs.has(collection)) throw new StoreUnavailable(`there is no collection ${collection}`);
    return this.#db.collection<Row>(collection);
  }

  /** Name of the unique index that a duplicate-key message speaks of; undefined for the key itself. */
  #violated(collection: string, message: string): string | undefined {
    return this.#specs.get(collection)?.indexes.find(({ name, unique }) => unique && new RegExp(`index: ${name}\\b`).test(message))?.name;
  }
}

const said = async <T>(run: () => Promise<T>): Promise<T> => {
  try {
    return await run();
  } catch (error) {
    if (error instanceof UniqueViolation || error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(error instanceof Error ? error.message : 'the database does not answer', error);
  }
};

/** @throws {StoreUnavailable} naming what could not be reached */
export const openMongoStore = async ({ url, database }: MongoStoreOptions): Promise<DocumentStore> => {
  const client = new MongoClient(url, {
    serverSelectionTimeoutMS: 5_000,
    socketTimeoutMS: 10_000,
    connectTimeoutMS: 5_000,
    writeConcern: { w: 'majority', journal: true },
    readPreference: 'primary',
    ignoreUndefined: true,
  });
  const store = new MongoStore(client, database);
  await store.ping();
  return store;
};
