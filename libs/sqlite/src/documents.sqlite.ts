import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { CollectionSpec, IndexSpec } from '@clatter/contract';
import { type RangeOptions, StoreUnavailable, UniqueViolation } from '@clatter/ports';
import type { DocRow, PutRow } from './storeMessages.ts';

const quoted = (name: string): string => `"${name.replaceAll('"', '')}"`;
const field = (name: string): string => (name === 'rev' ? 'rev' : `(doc ->> '$.${name.replaceAll("'", '')}')`);

const DROPPED_AT_ONCE = 1_000;

/** Documents as JSON in one table a collection, with an expression index for each declared one. `durable`: a commit survives a power cut. */
export class SqliteDocuments {
  readonly #db: DatabaseSync;
  #specs = new Map<string, CollectionSpec>();
  /** what was there before this transaction made or dropped one */
  #specsBefore: Map<string, CollectionSpec> | undefined;
  readonly #statements = new Map<string, StatementSync>();

  constructor(path: string, durable: boolean) {
    this.#db = new DatabaseSync(path);
    this.#db.exec(
      `PRAGMA journal_mode=WAL; PRAGMA synchronous=${durable ? 'FULL' : 'NORMAL'}; PRAGMA cache_size=-32768; PRAGMA wal_autocheckpoint=${durable ? 4_000 : 2_000}; PRAGMA busy_timeout=2000;`,
    );
  }

  begin(): void {
    this.#db.exec('BEGIN IMMEDIATE');
  }
  commit(): void {
    this.#db.exec('COMMIT');
    this.#specsBefore = undefined;
  }
  rollback(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    this.#specs = this.#specsBefore ?? this.#specs;
    this.#specsBefore = undefined;
  }

  ensure(collections: readonly CollectionSpec[]): void {
    for (const spec of collections) {
      if (this.#specs.has(spec.name)) continue;
      this.#specsBefore ??= new Map(this.#specs);
      this.#db.exec(`CREATE TABLE IF NOT EXISTS ${quoted(spec.name)}(key TEXT PRIMARY KEY, rev INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID`);
      for (const index of spec.indexes) this.#db.exec(indexSql(spec.name, index));
      this.#specs.set(spec.name, spec);
    }
  }

  getMany(collection: string, keys: readonly string[]): (string | undefined)[] {
    // one statement for all: a rebuild asks for thousands at once, most of which are not there yet
    const rows = this.#prepare(`SELECT key, doc FROM ${this.#table(collection)} WHERE key IN (SELECT value FROM json_each(?))`).all(JSON.stringify(keys));
    const found = new Map((rows as unknown as DocRow[]).map(({ key, doc }) => [key, doc]));
    return keys.map((key) => found.get(key));
  }

  /** @throws {UniqueViolation} those before it are written */
  putMany(collection: string, docs: readonly PutRow[]): boolean[] {
    const table = this.#table(collection);
    const statement = this.#prepare(
      `INSERT INTO ${table}(key, rev, doc) VALUES (?, ?, ?) ON CONFLICT(key) DO UPDATE SET rev = excluded.rev, doc = excluded.doc WHERE ${table}.rev < excluded.rev`,
    );
    return docs.map(({ key, rev, doc }) => {
      try {
        return Number(statement.run(key, rev, doc).changes) > 0;
      } catch (error) {
        const index = /UNIQUE constraint failed: index '[^']*?\/([^'/]+)'/.exec(String(error))?.[1];
        if (index) throw new UniqueViolation(index);
        throw error;
      }
    });
  }

  range(collection: string, index: string, options: RangeOptions): DocRow[] {
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
    return this.#prepare(sql).all(...prefix, ...(after ?? []), limit) as unknown as DocRow[];
  }

  scan(collection: string, after: string | undefined, limit: number): DocRow[] {
    const statement = this.#prepare(`SELECT key, doc FROM ${this.#table(collection)} WHERE key > ? ORDER BY key LIMIT ?`);
    return statement.all(after ?? '', limit) as unknown as DocRow[];
  }

  /** A piece at a time, so that who writes beside it never waits for the whole; true when all of it is gone. */
  drop(collection: string): boolean {
    this.#statements.clear();
    this.#specsBefore ??= new Map(this.#specs);
    this.#specs.delete(collection);
    const table = quoted(collection);
    if (!this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?").get(collection)) return true;
    const { changes } = this.#db.prepare(`DELETE FROM ${table} WHERE key IN (SELECT key FROM ${table} LIMIT ${DROPPED_AT_ONCE})`).run();
    if (Number(changes) === DROPPED_AT_ONCE) return false;
    this.#db.exec(`DROP TABLE ${table}`);
    return true;
  }

  ping(): void {
    this.#db.prepare('SELECT 1').get();
  }

  close(): void {
    this.#statements.clear();
    this.#db.close();
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
