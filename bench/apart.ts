import { rounded } from './figures.ts';
import type { Running } from './load.ts';
import { findSaturation, holds, type Saturation } from './saturation.ts';
import type { Say } from './say.ts';

/** Of the saturation rate. */
const SHARES = [
  ['1/10', 0.1],
  ['1/4', 0.25],
] as const;
/** s: one try, after which no further one begins; ms: how late the last delivery of a rate that holds may be */
const SEARCH = { seconds: 4, limit: 45, within: 3_000 };

/**
 * Latency as if each process had a core of its own, as far as few cores tell it: at a tenth and at a quarter of what the cluster can do.
 * How far they tell it stands in each row as `busyPercent`: at low rates a message costs more, so that the cores are busier than the share says.
 */
export const measureApart = async ({ measure, calm }: Running, steps: readonly number[], seconds: number, say: Say): Promise<void> => {
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 1_000;
  const attempt = async (rate: number): Promise<boolean> => holds(await measure({ rate, seconds: Math.min(SEARCH.seconds, seconds), within: SEARCH.within }));
  const found = await findSaturation(steps, attempt, () => passed() < SEARCH.limit);
  say.fact({ what: 'saturation', rate: found?.rate ?? null, above: found?.above ?? null, seconds: rounded(passed()) }, told(found, steps));
  if (!found) return;
  for (const [share, part] of SHARES) {
    await calm();
    const measured = await measure({ rate: Math.max(1, Math.round(found.rate * part)), seconds });
    say.row({ mode: 'cluster-apart', ...measured, share, saturation: found.rate });
  }
};

const told = (found: Saturation | undefined, steps: readonly number[]): string => {
  if (!found) return 'saturation: no rate held, so there is nothing to take a share of';
  const untried = found.rate === steps.at(-1) ? 'the highest that is tried' : 'time was up; others may have had the cores';
  return `saturation: ${found.rate} messages per second (${found.above === null ? untried : `${found.above} did not hold`})`;
};
