import type { CheckpointDoc } from '@clatter/contract';
import type { Fence } from '@clatter/kernel';

type Past = CheckpointDoc['past'];

const SPACING = 5_000;
const KEPT = 60_000;

/** Notes where a projector stands now, at most every 5 s, and forgets what is older than about a minute: routers start at the oldest. */
export const rememberPast = (past: Past, fence: Fence, now: number): Past => {
  const last = past.at(-1);
  const next = !last || now - last.at >= SPACING ? [...past, { at: now, fence }] : past;
  const firstKept = next.findLastIndex((entry) => now - entry.at >= KEPT);
  return firstKept > 0 ? next.slice(firstKept) : next;
};
