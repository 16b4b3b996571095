import type { CheckpointDoc, Versioned } from '@clatter/contract';
import { checkpointCollection } from '../names.ts';
import type { RebuildOptions } from './options.ts';

/** How far a generation has come: per topic and partition the offset after the last record in it. */
export type Positions = ReadonlyMap<string, readonly number[]>;

export const positionsOf = async ({ store, service }: RebuildOptions, generation: number): Promise<Positions> => {
  const found = new Map<string, number[]>();
  for (let after: string | undefined; ; ) {
    const page = await store.scan(checkpointCollection(service, generation).name, after, 500);
    for (const { key, doc } of page) {
      const slash = key.lastIndexOf('/');
      const topic = key.slice(0, slash);
      const offsets = found.get(topic) ?? [];
      offsets[Number(key.slice(slash + 1))] = (doc as Versioned as CheckpointDoc).fence.offset;
      found.set(topic, offsets);
    }
    if (page.length < 500) return found;
    after = page.at(-1)?.key;
  }
};

/** Records between two positions, where `of` is ahead. */
export const behind = (at: Positions, of: Positions): number => {
  let records = 0;
  for (const [topic, offsets] of of) for (const [p, offset] of offsets.entries()) records += Math.max(0, offset - (at.get(topic)?.[p] ?? 0));
  return records;
};

export const total = (at: Positions): number => [...at.values()].flat().reduce((sum, offset) => sum + offset, 0);
