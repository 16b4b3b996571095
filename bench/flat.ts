import { percentile } from './figures.ts';

const WINDOWS = 3;
const TOLERANCE = 0.1;

/** The middle one of the last `WINDOWS` costs before index `end`: one window that was disturbed does not count. */
export const middle = (costs: readonly number[], end = costs.length): number =>
  percentile(Float64Array.from(costs.slice(Math.max(0, end - WINDOWS), end)).sort(), 0.5);

/**
 * Whether costs that fall no longer do: the middle one of the last three windows is within a tenth of that of the three before. Medians,
 * since one window that the machine disturbed must neither end a warm-up nor prolong it; both ways, since a cost that rises says that
 * something else happened.
 */
export const isFlat = (costs: readonly number[]): boolean => {
  if (costs.length < 2 * WINDOWS) return false;
  const before = middle(costs, costs.length - WINDOWS);
  return Math.abs(middle(costs) - before) <= TOLERANCE * before;
};
