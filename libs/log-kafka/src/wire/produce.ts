import type { NewRecord } from '@clatter/ports';
import { Reader, varintSize, type Writer } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import type { Api } from './frames.ts';

export const PRODUCE: Api = { apiKey: 0, version: 7, apiName: 'Produce' };

/** Records of one partition: they stand in the log together or not at all. */
export type NewBatch = { readonly topic: string; readonly partition: number; readonly records: readonly NewRecord[] };
/** What became of one partition's batch. `error` 0: it stands at `offset`. */
export type Placed = { readonly topic: string; readonly partition: number; readonly error: number; readonly offset: number };

/**
 * Body of Produce v7, `acks=all`: one batch per partition, a partition at most once.
 * `time`: ms, of all records; `timeoutMs`: until the followers must have them.
 */
export const writeProduce = (to: Writer, batches: readonly NewBatch[], timeoutMs: number, time: number): void => {
  to.string(null); // no transaction
  to.int16(-1);
  to.int32(timeoutMs);
  const topics = Map.groupBy(batches, ({ topic }) => topic);
  to.int32(topics.size);
  for (const [topic, ofTopic] of topics) {
    to.string(topic);
    to.int32(ofTopic.length);
    for (const { partition, records } of ofTopic) {
      to.int32(partition);
      const size = to.at;
      to.int32(0);
      writeBatch(to, records, time);
      to.int32At(size, to.at - size - 4);
    }
  }
};

/** Record batch v2 (KIP-98) without compression, producer id or transaction. */
const writeBatch = (to: Writer, records: readonly NewRecord[], time: number): void => {
  to.int64(0);
  const length = to.at;
  to.int32(0);
  to.int32(0); // leader epoch: the broker sets it
  to.int8(2);
  const sum = to.at;
  to.int32(0);
  to.int16(0);
  to.int32(records.length - 1);
  to.int64(time);
  to.int64(time);
  to.int64(-1);
  to.int16(0);
  to.int32(-1);
  to.int32(records.length);
  for (let i = 0; i < records.length; i++) writeRecord(to, records[i] as NewRecord, i);
  to.int32At(length, to.at - length - 4);
  to.int32At(sum, crc32c(to.written, sum + 4, to.at));
};

const writeRecord = (to: Writer, { key, headers, value }: NewRecord, delta: number): void => {
  const keySize = Buffer.byteLength(key);
  const valueSize = Buffer.byteLength(value);
  const names = Object.keys(headers);
  let size = 2 + varintSize(delta) + varintSize(valueSize) + valueSize + varintSize(names.length);
  size += keySize === 0 ? 1 : varintSize(keySize) + keySize;
  const sizes: number[] = [];
  for (const name of names) {
    const nameSize = Buffer.byteLength(name);
    const textSize = Buffer.byteLength(headers[name] as string);
    sizes.push(nameSize, textSize);
    size += varintSize(nameSize) + nameSize + varintSize(textSize) + textSize;
  }
  to.varint(size);
  to.int8(0);
  to.varint(0);
  to.varint(delta);
  to.varint(keySize === 0 ? -1 : keySize);
  to.text(key, keySize);
  to.varint(valueSize);
  to.text(value, valueSize);
  to.varint(names.length);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    to.varint(sizes[2 * i] as number);
    to.text(name, sizes[2 * i] as number);
    to.varint(sizes[2 * i + 1] as number);
    to.text(headers[name] as string, sizes[2 * i + 1] as number);
  }
};

/** Bytes that a batch will take, roughly and rather too many. */
export const sizeGuess = (records: readonly NewRecord[]): number => {
  let size = 100;
  for (const { key, headers, value } of records) {
    size += key.length + value.length + 40;
    for (const name in headers) size += name.length + (headers[name] as string).length + 4;
  }
  return size;
};

/** Reads the answer to Produce v7. @throws {RangeError} where it is cut */
export const readProduced = (payload: Buffer): { readonly placed: readonly Placed[]; readonly throttleMs: number } => {
  const from = new Reader(payload);
  const placed: Placed[] = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topic = from.string();
    for (let partitions = from.int32(); partitions > 0; partitions--) {
      const partition = from.int32();
      const error = from.int16();
      const offset = from.int64();
      from.skip(16); // append time, start of the log
      placed.push({ topic, partition, error, offset });
    }
  }
  return { placed, throttleMs: from.int32() };
};
