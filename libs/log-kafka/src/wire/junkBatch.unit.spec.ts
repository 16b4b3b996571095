import { expect, it } from 'vitest';
import { crc32c } from './crc32c.ts';
import { readFetched } from './fetch.ts';
import { fetchAnswerOf, setOf } from './testWire.ts';

const SUM_AT = 17;
const LAST_AT = 23;
const COUNT_AT = 57;
const RECORD_AT = 61;
const record = { key: '', headers: {}, value: 'v' };
const read = (set: Buffer) => readFetched(fetchAnswerOf([{ topic: 't', partition: 0, error: 0, highWatermark: 99, sets: [set] }])).parts[0];
/** The set after a change of it, with the right sum. */
const changed = (set: Buffer, change: (set: Buffer) => void): Buffer => {
  change(set);
  set.writeInt32BE(crc32c(set, SUM_AT + 4) | 0, SUM_AT);
  return set;
};

it('a record whose size is not what it takes is unreadable, and no batch of a few bytes holds millions of them', () => {
  const back = changed(setOf([record], 7), (set) => {
    set.writeInt32BE(2_000_000, COUNT_AT);
    set[RECORD_AT] = 1; // a size of -1: the record begins where it ends
  });
  expect(read(back)).toMatchObject({ next: undefined, unreadable: expect.stringContaining('record') });
  expect(read(back)?.records.length).toBeLessThan(10);
  const beyond = changed(setOf([record], 7), (set) => {
    set[RECORD_AT] = 60; // 30 bytes: more than the batch holds
  });
  expect(read(beyond)).toMatchObject({ next: undefined, unreadable: expect.stringContaining('record') });
});

it('offsets that go back, stand still or lie beyond their batch are unreadable, never handed on', () => {
  const second = RECORD_AT + 8; // size, attributes, time, offset, key, value of one byte, headers
  const twice = changed(setOf([record, record], 7), (set) => {
    set[second + 3] = 0; // as the first
  });
  expect(read(twice)).toMatchObject({ next: undefined, unreadable: expect.stringContaining('offset') });
  const beyond = changed(setOf([record, record], 7), (set) => set.writeInt32BE(0, LAST_AT));
  expect(read(beyond)).toMatchObject({ next: undefined, unreadable: expect.stringContaining('offset') });
  expect(read(Buffer.concat([setOf([record], 7), setOf([record], 5)]))).toMatchObject({ next: undefined, unreadable: expect.stringContaining('offset') });
});
