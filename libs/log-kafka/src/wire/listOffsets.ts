import { Reader, type Writer } from './bytes.ts';
import type { Place } from './fetch.ts';
import type { Api } from './frames.ts';

export const LIST_OFFSETS: Api = { apiKey: 2, version: 3, apiName: 'ListOffsets' };

/** What stands for a time: the first offset that can be read, and the one that the next record will get. */
export const EARLIEST = -2;
export const LATEST = -1;

/** `error` 0: the first offset whose append time is at or after the time that was asked for; -1 where there is none. */
export type Found = Place & { readonly error: number; readonly offset: number };

/** Body of ListOffsets v3. `time`: ms, EARLIEST or LATEST, the same for all; a partition stands in it once. */
export const writeListOffsets = (to: Writer, places: readonly Place[], time: number): void => {
  to.int32(-1);
  to.int8(0);
  const topics = Map.groupBy(places, ({ topic }) => topic);
  to.int32(topics.size);
  for (const [topic, ofTopic] of topics) {
    to.string(topic);
    to.int32(ofTopic.length);
    for (const { partition } of ofTopic) {
      to.int32(partition);
      to.int64(time);
    }
  }
};

/** Reads the answer to ListOffsets v3. @throws {RangeError} where it is cut */
export const readListOffsets = (payload: Buffer): Found[] => {
  const from = new Reader(payload);
  from.skip(4);
  const found: Found[] = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topic = from.string();
    for (let partitions = from.int32(); partitions > 0; partitions--) {
      const partition = from.int32();
      const error = from.int16();
      from.skip(8);
      found.push({ topic, partition, error, offset: from.int64() });
    }
  }
  return found;
};
