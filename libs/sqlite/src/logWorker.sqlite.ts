import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { Ask, Batch, Reply, StreamHead, WorkerOptions } from './messages.ts';

// Owns the log's file. Everything that waits is committed in one transaction: one fsync for many batches.
const { path, logId } = workerData as WorkerOptions;
const port = parentPort;
if (!port) throw new Error('the log worker runs in a worker thread');
const say = (reply: Reply): void => port.postMessage(reply);

const open = (): DatabaseSync => {
  const database = new DatabaseSync(path);
  try {
    database.exec(`PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000; PRAGMA cache_size=-32768;
      CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE IF NOT EXISTS stream(id INTEGER PRIMARY KEY, topic TEXT NOT NULL, partition INTEGER NOT NULL, start INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0, UNIQUE(topic, partition)) STRICT;
      CREATE TABLE IF NOT EXISTS log(stream INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL, key TEXT NOT NULL, headers TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(stream, offset)) STRICT, WITHOUT ROWID;`);
    database.prepare('INSERT OR IGNORE INTO meta(name, value) VALUES (?, ?)').run('logId', logId);
  } catch (error) {
    const locked = String(error).includes('locked');
    throw new Error(locked ? `${path} is in use by another process.` : `${path} can not be opened: ${error instanceof Error ? error.message : error}`);
  }
  return database;
};

const db = open();
const insert = db.prepare('INSERT INTO log(stream, offset, at, key, headers, value) VALUES (?, ?, ?, ?, ?, ?)');
const readFrom = db.prepare('SELECT offset, at, key, headers, value FROM log WHERE stream = ? AND offset >= ? ORDER BY offset LIMIT ?');
const heads = db.prepare(`SELECT s.topic, s.partition, s.id AS stream, s.start,
  max(s.next, coalesce((SELECT max(offset) + 1 FROM log WHERE stream = s.id), 0)) AS next,
  coalesce((SELECT at FROM log WHERE stream = s.id ORDER BY offset DESC LIMIT 1), 0) AS at FROM stream s`);

const asked = {
  streams: ({ topics }: Ask & { t: 'streams' }): StreamHead[] => {
    const add = db.prepare('INSERT OR IGNORE INTO stream(topic, partition) VALUES (?, ?)');
    for (const { topic, partitions } of topics) for (let p = 0; p < partitions; p++) add.run(topic, p);
    return heads.all() as unknown as StreamHead[];
  },
  read: ({ stream, from, limit }: Ask & { t: 'read' }): unknown => readFrom.all(stream, from, limit),
  offsetAt: ({ stream, time }: Ask & { t: 'offsetAt' }): unknown =>
    db.prepare('SELECT min(offset) AS offset FROM log WHERE stream = ? AND at >= ?').get(stream, time)?.offset ?? null,
  trim: ({ stream, before, most }: Ask & { t: 'trim' }): unknown => {
    // the newest record stays, so that the next offset is known without a counter
    const end = db
      .prepare('SELECT min(offset) AS keep FROM log WHERE stream = ? AND (at >= ? OR offset = (SELECT max(offset) FROM log WHERE stream = ?))')
      .get(stream, before, stream)?.keep as number | null;
    if (end === null) return null;
    const first = db.prepare('SELECT min(offset) AS first FROM log WHERE stream = ?').get(stream)?.first as number;
    const until = Math.min(end, first + most);
    db.prepare('DELETE FROM log WHERE stream = ? AND offset < ?').run(stream, until);
    db.prepare('UPDATE stream SET start = max(start, ?) WHERE id = ?').run(until, stream);
    return until;
  },
  // the newest of every key is found once: to look behind each record for a newer one takes a quarter of a minute for 20,000 keys
  compact: ({ stream, below }: Ask & { t: 'compact' }): unknown =>
    db
      .prepare('DELETE FROM log WHERE stream = ? AND offset < ? AND offset NOT IN (SELECT max(offset) FROM log WHERE stream = ? GROUP BY key)')
      .run(stream, below, stream).changes,
  newLogId: ({ logId: next }: Ask & { t: 'newLogId' }): unknown => db.prepare('UPDATE meta SET value = ? WHERE name = ?').run(next, 'logId').changes,
  close: (): unknown => db.close(),
};

let waiting: Batch[] = [];
let scheduled = false;

const commit = (): void => {
  scheduled = false;
  if (waiting.length === 0) return;
  const batches = waiting;
  waiting = [];
  try {
    db.exec('BEGIN IMMEDIATE');
    for (const { streams, offsets, ats, keys, headers, values } of batches) {
      for (let i = 0; i < offsets.length; i++)
        insert.run(streams[i] as number, offsets[i] as number, ats[i] as number, keys[i] as string, headers[i] as string, values[i] as string);
    }
    db.exec('COMMIT');
  } catch (error) {
    // offsets were given out already: nothing that follows could be right
    say({ t: 'failed', error: String(error) });
    port.close();
    return;
  }
  for (const _ of batches) say({ t: 'committed' });
};

port.on('message', (message: Batch | { readonly id: number; readonly ask: Ask }) => {
  if ('t' in message) {
    waiting.push(message);
    if (!scheduled) {
      scheduled = true;
      setImmediate(commit);
    }
    return;
  }
  const { id, ask } = message;
  commit();
  try {
    const run = asked[ask.t] as (ask: Ask) => unknown;
    say({ t: 'answer', id, result: run(ask) });
  } catch (error) {
    say({ t: 'answer', id, error: String(error) });
  }
  if (ask.t === 'close') port.close();
});

say({ t: 'ready', logId: db.prepare('SELECT value FROM meta WHERE name = ?').get('logId')?.value as string });
