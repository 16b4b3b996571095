import type { LogRecord } from '@clatter/ports';
import { Reader, type Writer } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import type { Api } from './frames.ts';

export const FETCH: Api = { apiKey: 1, version: 11, apiName: 'Fetch' };

export type Place = { readonly topic: string; readonly partition: number };
/** A partition's name in tables. */
export const nameOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;
export type Asked = Place & { readonly offset: number };
export type FetchRequest = {
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** KIP-227: 0 and 0 begin a session, 0 and -1 do without one; within one only what changed is asked and answered */
  readonly session: number;
  readonly epoch: number;
  readonly asked: readonly Asked[];
  readonly forgotten: readonly Place[];
};
/**
 * `next`: the offset after everything in it, also where the last batch held nothing for us; undefined = no batch came.
 * `unreadable`: why what stands there can't be read, now or ever; the other partitions are not concerned.
 */
export type Fetched = Place & {
  readonly error: number;
  readonly unreadable?: string;
  readonly highWatermark: number;
  readonly records: readonly LogRecord[];
  readonly next: number | undefined;
};
export type FetchAnswer = { readonly throttleMs: number; readonly error: number; readonly session: number; readonly parts: readonly Fetched[] };

/** Body of Fetch v11; one byte is enough for an answer. */
export const writeFetch = (to: Writer, r: FetchRequest): void => {
  to.int32(-1);
  to.int32(r.maxWaitMs);
  to.int32(1);
  to.int32(r.maxBytes);
  to.int8(0); // no transactions are in the log
  to.int32(r.session);
  to.int32(r.epoch);
  const asked = Map.groupBy(r.asked, ({ topic }) => topic);
  to.int32(asked.size);
  for (const [topic, parts] of asked) {
    to.string(topic);
    to.int32(parts.length);
    for (const { partition, offset } of parts) {
      to.int32(partition);
      to.int32(-1);
      to.int64(offset);
      to.int64(-1);
      to.int32(r.maxBytesPerPartition);
    }
  }
  const forgotten = Map.groupBy(r.forgotten, ({ topic }) => topic);
  to.int32(forgotten.size);
  for (const [topic, parts] of forgotten) {
    to.string(topic);
    to.int32(parts.length);
    for (const { partition } of parts) to.int32(partition);
  }
  to.string('');
};

/** Reads the answer to Fetch v11. @throws {RangeError} where it is cut; a batch that can not be read is `unreadable` instead */
export const readFetched = (payload: Buffer): FetchAnswer => {
  const from = new Reader(payload);
  const throttleMs = from.int32();
  const error = from.int16();
  const session = from.int32();
  const parts: Fetched[] = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topic = from.string();
    for (let partitions = from.int32(); partitions > 0; partitions--) {
      const partition = from.int32();
      const failed = from.int16();
      const highWatermark = from.int64();
      from.skip(16); // last stable offset, start of the log
      for (let aborted = from.int32(); aborted > 0; aborted--) from.skip(16);
      from.skip(4); // preferred replica
      const size = Math.max(0, from.int32());
      const records: LogRecord[] = [];
      let next: number | undefined;
      let unreadable: string | undefined;
      from.skip(size);
      try {
        next = readBatches(new Reader(payload.subarray(from.at - size, from.at)), records);
      } catch (error) {
        unreadable = error instanceof Error ? error.message : String(error);
      }
      parts.push({ topic, partition, error: failed, highWatermark, records, next, ...(unreadable ? { unreadable } : {}) });
    }
  }
  return { throttleMs, error, session, parts };
};

const BATCH_HEAD = 12;
const COMPRESSION = 0x07;
const APPEND_TIME = 0x08;
const CONTROL = 0x20;

/** Reads all whole batches; a broker may cut the last one. */
const readBatches = (from: Reader, into: LogRecord[]): number | undefined => {
  let next: number | undefined;
  while (from.bytes.length - from.at > BATCH_HEAD) {
    const base = from.int64();
    const length = from.int32();
    if (length < 0) throw new Error(`a record batch of ${length} bytes`);
    const after = from.at + length;
    if (after > from.bytes.length) break;
    from.skip(4);
    const magic = from.int8();
    if (magic !== 2) throw new Error(`a record batch of format ${magic}`);
    const sum = from.int32() >>> 0;
    const summed = from.at;
    const attributes = from.int16();
    if (attributes & COMPRESSION) throw new Error('a compressed record batch');
    if (crc32c(from.bytes, summed, after) !== sum) throw new Error('a record batch whose sum is wrong');
    const last = base + from.int32();
    const first = from.int64();
    const latest = from.int64();
    from.skip(14);
    const count = from.int32();
    if (last < (next ?? base)) throw new Error('a record batch whose offsets go back');
    if ((attributes & CONTROL) === 0) {
      const at = attributes & APPEND_TIME ? latest : first;
      for (let i = 0, least = Math.max(base, next ?? 0); i < count; i++) {
        const record = readRecord(from, base, at, after);
        if (record.offset < least || record.offset > last) throw new Error(`a record of offset ${record.offset}, not ${least} to ${last}`);
        least = record.offset + 1;
        into.push(record);
      }
    }
    next = last + 1;
    from.at = after;
  }
  return next;
};

/** `after`: where its batch ends. */
const readRecord = (from: Reader, base: number, at: number, after: number): LogRecord => {
  const end = from.varint() + from.at;
  from.skip(1);
  from.skipVarint();
  const offset = base + from.varint();
  const key = from.text(from.varint());
  const value = from.text(from.varint());
  const headers: Record<string, string> = {};
  for (let count = from.varint(); count > 0; count--) {
    const name = from.text(from.varint());
    headers[name] = from.text(from.varint());
  }
  if (from.at !== end || end > after) throw new Error('a record of another size than it says');
  return { offset, at, key, headers, value };
};
