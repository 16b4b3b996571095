import type { CollectionSpec, Versioned } from '@clatter/contract';
import type { QueryDeps } from './deps.ts';

/** Key `<logId>/<topic>/<partition>`: positions that clients showed when they lay beyond the log's end, and since when (ms). */
type BeyondDoc = Versioned & { readonly seen: readonly Seen[] };
type Seen = { readonly offset: number; readonly at: number };

export const BEYOND: CollectionSpec = { name: 'messaging.beyond', indexes: [] };

/** ms: a new leader may lag behind what was acknowledged for so long (design §2). */
const LAGS_FOR = 30_000;
const KEPT = 16;

/**
 * Whether `offset`, which lies beyond the `end` of a partition, is lost and not only behind a lagging leader. It counts from the first
 * time that any process was shown this position, or a smaller one that lies beyond the end as well: so it is remembered in the store.
 */
export const lost = async ({ store, log, clock }: QueryDeps, topic: string, partition: number, offset: number, end: number): Promise<boolean> => {
  const key = `${log.logId}/${topic}/${partition}`;
  const now = clock.now();
  const stored = (await store.get(BEYOND.name, key)) as BeyondDoc | undefined;
  const still = (stored?.seen ?? []).filter((s) => s.offset >= end); // the log has come to the others: nothing was lost
  const first = Math.min(...still.filter((s) => s.offset <= offset).map((s) => s.at));
  if (now - first >= LAGS_FOR) return true;
  if (!Number.isFinite(first)) await store.put(BEYOND.name, key, { rev: (stored?.rev ?? -1) + 1, seen: bounded([...still, { offset, at: now }]) });
  return false;
};

/** Smallest offsets first: one of them speaks for all that are greater. */
const bounded = (seen: readonly Seen[]): readonly Seen[] => [...seen].sort((a, b) => a.offset - b.offset).slice(0, KEPT);
