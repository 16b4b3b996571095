import { type Extent, LogError } from '@clatter/ports';
import { readErrorOf } from './errors.kafka.ts';
import { errorOfCode } from './inside.kafka.ts';
import type { Reach } from './link/brokers.ts';
import { EARLIEST, LATEST, LIST_OFFSETS, readListOffsets, writeListOffsets } from './wire/listOffsets.ts';

/** ms until an answer is late */
const WITHIN_MS = 3_000;

/** Where partitions begin and end, asked from their leaders. @throws {LogError} retriable, also where one has no leader yet */
export class Offsets {
  readonly #brokers: Reach;

  constructor(brokers: Reach) {
    this.#brokers = brokers;
  }

  /** `topic` with prefix. Returns one extent for each of `partitions`. */
  async extents(topic: string, partitions: readonly number[]): Promise<readonly Extent[]> {
    const [starts, ends] = await Promise.all([this.at(topic, partitions, EARLIEST), this.at(topic, partitions, LATEST)]);
    return partitions.map((_, i) => ({ start: starts[i] as number, end: ends[i] as number }));
  }

  /** Returns for each of `partitions` the first offset whose append time is at or after `time` (ms); -1 where there is none. */
  async at(topic: string, partitions: readonly number[], time: number): Promise<readonly number[]> {
    try {
      const led = Map.groupBy(await Promise.all(partitions.map((p) => this.#led(topic, p))), ({ node }) => node);
      const found = await Promise.all([...led].map(([node, places]) => this.#ask(node, places, time)));
      const offsets = new Map(found.flat());
      return partitions.map((p) => {
        const offset = offsets.get(p);
        if (offset === undefined) throw new LogError('retriable', `no offset of ${topic}/${p} was told`);
        return offset;
      });
    } catch (error) {
      this.#brokers.doubt();
      throw readErrorOf(error);
    }
  }

  async #led(topic: string, partition: number): Promise<Led> {
    const node = await this.#brokers.leaderOf(topic, partition);
    if (node === undefined) throw new LogError('retriable', `${topic}/${partition} has no leader now`);
    return { topic, partition, node };
  }

  async #ask(node: number, places: readonly Led[], time: number): Promise<[partition: number, offset: number][]> {
    const link = await this.#brokers.link(node, 'ask');
    const body = await link.request(LIST_OFFSETS, { guess: 80 + places.length * 12, withinMs: WITHIN_MS }, (to) => writeListOffsets(to, places, time));
    const found = readListOffsets(body);
    const refused = found.find(({ error }) => error !== 0);
    if (refused) throw errorOfCode(refused.error);
    return found.map(({ partition, offset }) => [partition, offset]);
  }
}

type Led = { readonly topic: string; readonly partition: number; readonly node: number };
