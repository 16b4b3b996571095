import type { CheckpointDoc } from '@clatter/contract';
import { type Fence, NO_FENCE } from '@clatter/kernel';
import { checkpointCollection, checkpointKey } from '../names.ts';
import { projected, readGenerations } from '../readModels/generations.ts';
import { assertSameLog } from '../sameLog.ts';
import { startFence } from '../startFence.ts';
import type { RoutedTopic, RouterOptions } from './options.ts';

const BEYOND_END_MS = 30_000;

/**
 * Where a router begins in every partition of a topic: at the fence of about a minute ago that the projector keeps
 * (of several generations the greatest); a plain topic without checkpoints by time; a soft one at its end.
 * @throws {Alarm} where the checkpoints are another log's, or lie beyond this one's end
 */
export const startFences = async (o: RouterOptions, routed: RoutedTopic, ringMs: number): Promise<Fence[]> => {
  const count = o.log.partitions(routed.topic);
  const extents = await o.log.ends(routed.topic);
  const fences: Fence[] = [];
  const stored = routed.kind === 'soft' ? [] : await storedFences(o, routed.topic, count);
  for (let p = 0; p < count; p++) {
    const { start, end } = extents[p] ?? { start: 0, end: 0 };
    const fence = stored[p];
    if (routed.kind === 'soft') fences.push({ ...NO_FENCE, offset: end });
    else if (fence && fence.offset >= start) {
      const known = await startFence(o.log, o.clock, routed.topic, p, fence, BEYOND_END_MS);
      fences.push(o.rules?.fenceStored === false ? { ...NO_FENCE, offset: known.offset } : known);
    } else if (routed.kind === 'plain') fences.push({ ...NO_FENCE, offset: await o.log.offsetAt(routed.topic, p, o.clock.now() - ringMs) });
    else fences.push({ ...NO_FENCE, offset: start });
  }
  return fences;
};

const storedFences = async (o: RouterOptions, topic: string, count: number): Promise<(Fence | undefined)[]> => {
  const generations = await readGenerations(o.store, o.service);
  const best: (Fence | undefined)[] = [];
  const keys = Array.from({ length: count }, (_, p) => checkpointKey(topic, p));
  for (const generation of generations ? projected(generations) : []) {
    const collection = checkpointCollection(o.service, generation);
    await o.store.ensure([collection]);
    const docs = (await o.store.getMany(collection.name, keys)) as readonly (CheckpointDoc | undefined)[];
    docs.forEach((doc, p) => {
      assertSameLog(o.log, `the checkpoint of ${topic}/${p}`, doc);
      const fence = doc?.past[0]?.fence ?? doc?.fence;
      if (fence && fence.offset > (best[p]?.offset ?? -1)) best[p] = fence;
    });
  }
  return best;
};
