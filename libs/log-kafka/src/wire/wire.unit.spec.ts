import { Random } from '@clatter/testing';
import { describe, expect, it } from 'vitest';
import { API_VERSIONS, missingOf } from './apiVersions.ts';
import { Reader, Writer } from './bytes.ts';
import { crc32c } from './crc32c.ts';
import { FETCH, readFetched } from './fetch.ts';
import { readListOffsets } from './listOffsets.ts';
import { readMetadata } from './metadata.ts';
import { PRODUCE, readProduced } from './produce.ts';
import { fetchAnswerOf, setOf, withAttributes } from './testWire.ts';

const record = { key: 'k', headers: { h: 'x' }, value: 'v' };
const one = () => setOf([record], 7);
const read = (set: Buffer) => readFetched(fetchAnswerOf([{ topic: 't', partition: 5, error: 0, highWatermark: 9, sets: [set] }])).parts[0];

describe('the wire', () => {
  it('CRC-32C of the standard check text', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it('a number is written and read as it is, up to the largest that JavaScript holds exactly; a larger one is refused', () => {
    for (const value of [0, 1, -1, 2 ** 31, -(2 ** 31), 2 ** 32, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]) {
      const to = new Writer(1);
      to.int64(value);
      expect(new Reader(to.written).int64()).toBe(value);
    }
    expect(() => new Reader(Buffer.from('7fffffffffffffff', 'hex')).int64()).toThrow(RangeError);
  });

  it('a number that is cut ends in an error', () => {
    const cut = Buffer.of(0x80, 0xff);
    for (const read of [(r: Reader) => r.varint(), (r: Reader) => r.skipVarint(), (r: Reader) => r.int32(), (r: Reader) => r.text(3)])
      expect(() => read(new Reader(cut))).toThrow(RangeError);
  });

  it('control records are passed over; what can not be read is told, and the other partitions are not concerned', () => {
    expect(read(withAttributes(one(), 0x20))).toMatchObject({ records: [], next: 8 });
    expect(read(withAttributes(one(), 0x01))).toMatchObject({ next: undefined, unreadable: 'a compressed record batch' });
    const old = one();
    old.writeInt8(1, 16);
    const places = { topic: 't', error: 0, highWatermark: 9 };
    const [bad, good] = readFetched(
      fetchAnswerOf([
        { ...places, partition: 0, sets: [old] },
        { ...places, partition: 1, sets: [one()] },
      ]),
    ).parts;
    expect(bad).toMatchObject({ records: [], next: undefined, unreadable: 'a record batch of format 1' });
    expect(good).toMatchObject({ next: 8, records: [{ offset: 7, key: 'k', headers: { h: 'x' }, value: 'v' }] });
  });

  it('a batch whose last records, or all, were cleaned away: the next offset is the one after those that it had', () => {
    const trailing = setOf([record, record], 7);
    trailing.writeInt32BE(4, 23); // it had five
    expect(read(withAttributes(trailing, 0))).toMatchObject({ records: [{ offset: 7 }, { offset: 8 }], next: 12 });
    const empty = Buffer.from(one().subarray(0, 61));
    empty.writeInt32BE(empty.length - 12, 8);
    empty.writeInt32BE(4, 23);
    empty.writeInt32BE(0, 57);
    expect(read(withAttributes(empty, 0))).toMatchObject({ records: [], next: 12 });
  });

  it('a batch that was cut anywhere is left for the next fetch; those before it are read', () => {
    const [first, second] = [setOf([record, record], 7), setOf([record], 9)];
    for (let cut = 0; cut < second.length; cut++) {
      const part = read(Buffer.concat([first, second.subarray(0, cut)]));
      expect([part?.next, part?.records.map(({ offset }) => offset), part?.unreadable]).toEqual([9, [7, 8], undefined]);
    }
  });

  it('the append time of a batch is that of its records', () => {
    const set = one();
    set.writeBigInt64BE(1_800_000_000_000n, 35);
    expect(read(withAttributes(set, 0x08))?.records[0]?.at).toBe(1_800_000_000_000);
  });

  it('a byte that changed on its way makes a batch unreadable, never another record', () => {
    const good = one();
    for (let i = 0; i < good.length; i++) {
      if (i < 8 || (i >= 12 && i < 16)) continue; // offset and leader epoch are the broker's to set, after the sum was made
      const set = Buffer.from(good);
      set.writeUInt8((set.readUInt8(i) ^ 0x10) & 0xff, i);
      const part = read(set);
      expect(part?.records ?? [], `byte ${i}`).toEqual([]);
      if (i > 11) expect(part?.unreadable, `byte ${i}`).toBeDefined();
    }
  });

  it('bytes that are cut or wrong end in an error, whatever they are: nobody loops or reads on', () => {
    const random = new Random(1);
    const answer = fetchAnswerOf([{ topic: 't', partition: 5, error: 0, highWatermark: 9, sets: [one(), one()] }]);
    for (let i = 0; i < 5_000; i++) {
      const bytes = Buffer.from(random.chance(0.5) ? answer.subarray(0, random.below(answer.length)) : answer);
      for (let n = random.below(6); n > 0 && bytes.length > 0; n--) bytes[random.below(bytes.length)] = random.pick([0, 0x7f, 0x80, 0xff, random.below(256)]);
      for (const reading of [readFetched, readProduced, readMetadata, readListOffsets]) {
        try {
          reading(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }
  });

  it('a broker that does not speak what we do is told apart', () => {
    const to = new Writer(16);
    to.int16(0);
    to.int32(2);
    for (const [apiKey, least, most] of [
      [PRODUCE.apiKey, 3, 13],
      [FETCH.apiKey, 12, 17],
    ] as const)
      for (const value of [apiKey, least, most]) to.int16(value);
    expect(missingOf(to.written, [PRODUCE])).toBe('');
    expect(missingOf(to.written, [PRODUCE, FETCH, API_VERSIONS])).toBe('Fetch v11, ApiVersions v0');
  });
});
