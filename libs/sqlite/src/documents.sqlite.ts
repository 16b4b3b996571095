import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { CollectionSpec, IndexSpec } from '@clatter/contract';
import { type Document, type DocumentStore, type RangeOptions, type Stored, StoreUnavailable, UniqueViolation } from '@clatter/ports';

type Row = { readonly key: string; readonly doc: string };

const quoted = (name: string): string => `"${name.replaceAll('"', '')}"`;
const field = (name: string): string => (name === 'rev' ? 'rev' : `(doc ->> '$.${name.replaceAll("'", '')}')`);

/**
 * Documents as JSON in one table a collection, with an expression index for each declared one. Every call is short and runs on the
 * calling thread. `durable`: survives a power cut with every put (state that can't be rebuilt); else the newest puts may be lost together.
 */
class SqliteStore implements DocumentStore {
  readonly #db: DatabaseSync;
  readonly #specs = new Map<string, CollectionSpec>();
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, durable: boolean) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      `PRAGMA journal_mode=WAL; PRAGMA synchronous=${durable ? 'FULL' : 'NORMAL'}; PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=4000; PRAGMA busy_timeout=2000;`,
    );
  }

  async ensure(collections: readonly CollectionSpec[]): Promise<void> {
    for (const spec of collections) {
      if (this.#specs.has(spec.name)) continue;
      this.#db.exec(`CREATE TABLE IF NOT EXISTS ${quoted(spec.name)}(key TEXT PRIMARY KEY, rev INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID`);
      for (const index of spec.indexes) this.#db.exec(indexSql(spec.name, index));
      this.#specs.set(spec.name, spec);
    }
  }

  async get(collection: string, key: string): Promise<Document | undefined> {
    const row = this.#prepare(`SELECT doc FROM ${this.#table(collection)} WHERE key = ?`).get(key) as Row | undefined;
    return row && decode(row.doc);
  }

  async getMany(collection: string, keys: readonly string[]): Promise<readonly (Document | undefined)[]> {
    const statement = this.#prepare(`SELECT doc FROM ${this.#table(collection)} WHERE key = ?`);
    return keys.map((key) => {
      const row = statement.get(key) as Row | undefined;
      return row && decode(row.doc);
    });
  }

  async put(collection: string, key: string, doc: Document): Promise<boolean> {
    return this.#put(collection, key, doc);
  }

  async putMany(collection: string, docs: readonly Stored[]): Promise<readonly boolean[]> {
    if (docs.length === 0) return [];
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const done = docs.map(({ key, doc }) => this.#put(collection, key, doc));
      this.#db.exec('COMMIT');
      return done;
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  async range(collection: string, index: string, options: RangeOptions): Promise<readonly Stored[]> {
    const fields = this.#specs.get(collection)?.indexes.find((i) => i.name === index)?.fields;
    if (!fields) throw new StoreUnavailable(`${collection} has no index ${index}`);
    const { prefix, after, limit } = options;
    const [order, beyond] = options.order === 'desc' ? (['DESC', '<'] as const) : (['ASC', '>'] as const);
    const where = fields.slice(0, prefix.length).map((f) => `${field(f)} = ?`);
    const rest = fields.slice(prefix.length);
    if (after) {
      const behind = rest.slice(0, after.length);
      where.push(`(${behind.map(field).join(', ')}) ${beyond} (${behind.map(() => '?').join(', ')})`);
    }
    for (const f of rest) if (f !== 'rev') where.push(`${field(f)} IS NOT NULL`);
    const by = [...rest.map(field), 'key'].map((f) => `${f} ${order}`).join(', ');
    const sql = `SELECT key, doc FROM ${this.#table(collection)} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${by} LIMIT ?`;
    const rows = this.#prepare(sql).all(...prefix, ...(after ?? []), limit) as unknown as Row[];
    return rows.map(({ key, doc }) => ({ key, doc: decode(doc) }));
  }

  async scan(collection: string, after: string | undefined, limit: number): Promise<readonly Stored[]> {
    const rows = this.#prepare(`SELECT key, doc FROM ${this.#table(collection)} WHERE key > ? ORDER BY key LIMIT ?`).all(
      after ?? '',
      limit,
    ) as unknown as Row[];
    return rows.map(({ key, doc }) => ({ key, doc: decode(doc) }));
  }

  async drop(collection: string): Promise<void> {
    this.#statements.clear();
    this.#specs.delete(collection);
    this.#db.exec(`DROP TABLE IF EXISTS ${quoted(collection)}`);
  }

  async ping(): Promise<void> {
    this.#db.prepare('SELECT 1').get();
  }

  async close(): Promise<void> {
    this.#statements.clear();
    this.#db.close();
  }

  #put(collection: string, key: string, doc: Document): boolean {
    const table = this.#table(collection);
    try {
      const { changes } = this.#prepare(
        `INSERT INTO ${table}(key, rev, doc) VALUES (?, ?, ?) ON CONFLICT(key) DO UPDATE SET rev = excluded.rev, doc = excluded.doc WHERE ${table}.rev < excluded.rev`,
      ).run(key, doc.rev, JSON.stringify(doc));
      return Number(changes) > 0;
    } catch (error) {
      const index = /UNIQUE constraint failed: index '[^']*?\/([^'/]+)'/.exec(String(error))?.[1];
      if (index) throw new UniqueViolation(index);
      throw error;
    }
  }

  #table(collection: string): string {
    if (!this.#specs.has(collection)) throw new StoreUnavailable(`there is no collection ${collection}`);
    return quoted(collection);
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, known);
    return known;
  }
}

const indexSql = (table: string, { name, fields, unique }: IndexSpec): string =>
  `CREATE ${unique ? 'UNIQUE ' : ''}INDEX IF NOT EXISTS ${quoted(`${table}/${name}`)} ON ${quoted(table)}(${fields.map(field).join(', ')})`;

const decode = (text: string): Document => JSON.parse(text) as Document;

export const openSqliteStore = (options: { readonly path: string; readonly durable: boolean }): DocumentStore => new SqliteStore(options.path, options.durable);
