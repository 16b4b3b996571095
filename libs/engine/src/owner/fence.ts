import type { Fence } from '@clatter/kernel';
import { fenceCollection } from '../names.ts';
import { assertSameLog } from '../sameLog.ts';
import { startFence } from '../startFence.ts';
import type { OwnerOptions } from './options.ts';

/** The fence that an owner of partition `p` begins at. @throws {Alarm} where the stored one is another log's, or beyond this one's end */
export const ownerFence = async ({ store, service, log, clock, events }: OwnerOptions, p: number, beyondEndMs: number): Promise<Fence> => {
  const stored = await store.get(fenceCollection(service).name, String(p));
  assertSameLog(log, `the fence of ${events}/${p}`, stored);
  return startFence(log, clock, events, p, stored?.fence as Fence | undefined, beyondEndMs);
};

/** After the cells that it vouches for. */
export const storeFence = async ({ store, service, log }: Pick<OwnerOptions, 'store' | 'service' | 'log'>, p: number, fence: Fence): Promise<void> => {
  await store.put(fenceCollection(service).name, String(p), { rev: fence.offset, logId: log.logId, fence });
};
