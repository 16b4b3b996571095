import type { CollectionSpec } from '@clatter/contract';
import { type Document, type DocumentStore, type RangeOptions, type Stored, StoreUnavailable, UniqueViolation } from '@clatter/ports';
import type { Host } from './host.ts';

type Collection = { spec: CollectionSpec; readonly docs: Map<string, Document> };
export type StoreData = Map<string, Collection>;
type Value = string | number;

/** Documents in memory, shared by all handles on the same data. */
export class MemoryStore implements DocumentStore {
  readonly #host: Host;
  readonly #data: StoreData;
  readonly #onPut: ((collection: string, key: string, doc: Document) => void) | undefined;

  /** `onPut` is told of every write that was admitted. */
  constructor(host: Host, data: StoreData = new Map(), onPut?: (collection: string, key: string, doc: Document) => void) {
    this.#host = host;
    this.#data = data;
    this.#onPut = onPut;
  }

  async ensure(collections: readonly CollectionSpec[]): Promise<void> {
    for (const spec of collections) if (!this.#data.has(spec.name)) this.#data.set(spec.name, { spec, docs: new Map() });
  }

  async get(collection: string, key: string): Promise<Document | undefined> {
    await this.#host.step(`get ${collection}`);
    return this.#of(collection).docs.get(key);
  }

  async getMany(collection: string, keys: readonly string[]): Promise<readonly (Document | undefined)[]> {
    await this.#host.step(`get ${collection}`);
    const found: (Document | undefined)[] = [];
    for (const key of keys) {
      if (this.#host.torn?.()) await this.#host.step('get more');
      found.push(this.#of(collection).docs.get(key));
    }
    return found;
  }

  async put(collection: string, key: string, doc: Document): Promise<boolean> {
    await this.#host.step(`put ${collection}`);
    return this.#write(collection, key, doc);
  }

  async putMany(collection: string, docs: readonly Stored[]): Promise<readonly boolean[]> {
    const done: boolean[] = [];
    for (const { key, doc } of docs) done.push(await this.put(collection, key, doc));
    return done;
  }

  async range(collection: string, index: string, options: RangeOptions): Promise<readonly Stored[]> {
    await this.#host.step(`range ${collection}`);
    const { spec, docs } = this.#of(collection);
    const fields = spec.indexes.find((i) => i.name === index)?.fields;
    if (!fields) throw new StoreUnavailable(`${collection} has no index ${index}`);
    const sign = options.order === 'desc' ? -1 : 1;
    const valuesOf = (doc: Document): Value[] | undefined => {
      const values = fields.map((f) => doc[f] as Value | undefined);
      return values.every((v) => v !== undefined) ? (values as Value[]) : undefined;
    };
    const { prefix, after } = options;
    const found = [...docs]
      .flatMap(([key, doc]) => {
        const values = valuesOf(doc);
        return values && prefix.every((v, i) => values[i] === v) ? [{ key, values }] : [];
      })
      .filter(({ values }) => !after || sign * compare(values.slice(prefix.length, prefix.length + after.length), after) > 0)
      .sort((a, b) => sign * (compare(a.values, b.values) || compare([a.key], [b.key])))
      .slice(0, options.limit);
    const result: Stored[] = [];
    for (const { key } of found) {
      if (this.#host.torn?.()) await this.#host.step('range more');
      const doc = docs.get(key);
      if (doc) result.push({ key, doc });
    }
    return result;
  }

  async scan(collection: string, after: string | undefined, limit: number): Promise<readonly Stored[]> {
    await this.#host.step(`scan ${collection}`);
    const keys = [...this.#of(collection).docs.keys()].filter((k) => after === undefined || k > after).sort();
    return keys.slice(0, limit).map((key) => ({ key, doc: this.#of(collection).docs.get(key) as Document }));
  }

  async drop(collection: string): Promise<void> {
    await this.#host.step(`drop ${collection}`);
    this.#data.delete(collection);
  }

  async ping(): Promise<void> {
    await this.#host.step('ping');
  }

  async close(): Promise<void> {}

  #of(collection: string): Collection {
    const found = this.#data.get(collection);
    if (!found) throw new StoreUnavailable(`there is no collection ${collection}`);
    return found;
  }

  #write(collection: string, key: string, doc: Document): boolean {
    const { spec, docs } = this.#of(collection);
    const stored = docs.get(key);
    if (stored && stored.rev >= doc.rev && !this.#host.unguarded?.(collection)) return false;
    for (const { name, fields, unique } of spec.indexes) {
      if (!unique) continue;
      const values = JSON.stringify(fields.map((f) => doc[f] ?? null));
      for (const [other, held] of docs)
        if (other !== key && JSON.stringify(fields.map((f) => held[f] ?? null)) === values && fields.every((f) => doc[f] !== undefined))
          throw new UniqueViolation(name);
    }
    if (this.#host.forgets?.(collection) && isGone(doc)) docs.delete(key);
    else docs.set(key, JSON.parse(JSON.stringify(doc)) as Document);
    this.#onPut?.(collection, key, doc);
    return true;
  }
}

/** A document, or the cell in it, that is a tombstone. */
const isGone = (doc: Document): boolean => doc.gone === true || (doc.cell as Document | undefined)?.gone === true;

const compare = (a: readonly Value[], b: readonly Value[]): number => {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const x = a[i] as Value;
    const y = b[i] as Value;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
};
