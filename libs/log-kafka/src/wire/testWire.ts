import type { NewRecord } from '@clatter/ports';
import { Writer } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import type { Fetched } from './fetch.ts';
import { writeProduce } from './produce.ts';

export const NOW = 1_700_000_000_123;
const SUM_AT = 17;

/** The record set of one produce, as a broker would keep it from offset `base` on. */
export const setOf = (records: readonly NewRecord[], base: number): Buffer => {
  const to = new Writer(16);
  writeProduce(to, [{ topic: 't', partition: 0, records }], 1, NOW);
  const set = Buffer.from(to.written.subarray(2 + 2 + 4 + 4 + 3 + 4 + 4 + 4));
  set.writeBigInt64BE(BigInt(base), 0);
  return set;
};

/** The same set with other attributes, and the sum of them. */
export const withAttributes = (set: Buffer, attributes: number): Buffer => {
  set.writeInt16BE(attributes, SUM_AT + 4);
  set.writeInt32BE(crc32c(set, SUM_AT + 4) | 0, SUM_AT);
  return set;
};

export type AnswerPart = Pick<Fetched, 'topic' | 'partition' | 'error' | 'highWatermark'> & { readonly sets: readonly Buffer[] };

/** A broker's answer to a fetch. */
export const fetchAnswerOf = (parts: readonly AnswerPart[], session = 0, throttleMs = 0): Buffer => {
  const to = new Writer(64);
  to.int32(throttleMs);
  to.int16(0);
  to.int32(session);
  to.int32(parts.length);
  for (const { topic, partition, error, highWatermark, sets } of parts) {
    to.string(topic);
    to.int32(1);
    to.int32(partition);
    to.int16(error);
    to.int64(highWatermark);
    to.int64(highWatermark);
    to.int64(0);
    to.int32(-1);
    to.int32(-1);
    const set = Buffer.concat(sets);
    to.int32(set.length);
    to.raw(set);
  }
  return Buffer.from(to.written);
};
