import type { Measured } from './figures.ts';

/** `rate`: the highest that held; `above`: the next one, which did not, null where none was tried. */
export type Saturation = { readonly rate: number; readonly above: number | null };

/** What one third's median latency may differ from another's by chance, in ms, and as part of the time between them. */
const CHANCE = { ms: 100, part: 0.04 };
/** A rate far below the lowest step is no rate to measure at. */
const LEAST_PART = 1 / 16;

/** Whether a system keeps up: everything was delivered, and no queue grew. One that gets 5 % more than it can do is late by 5 % of the time. */
export const holds = ({ expected, delivered, grewMs, seconds }: Pick<Measured, 'expected' | 'delivered' | 'grewMs' | 'seconds'>): boolean =>
  delivered === expected && grewMs <= Math.max(CHANCE.ms, CHANCE.part * (2 / 3) * seconds * 1_000);

/**
 * The highest of `steps` (ascending) that holds; where not even the lowest does, the first of its halves. By trying, not by CPU used:
 * the more there is to do the more goes with one request, so a cluster fills its cores long before it has more work than it can do.
 * Coarse steps are on purpose: two versions then mostly get the same rate, and their rows can be compared. A rate counts as too high when it
 * failed twice, since a stall of the machine fails one as well. Undefined when none held, or time was up before one did.
 */
export const findSaturation = async (
  steps: readonly number[],
  attempt: (rate: number) => Promise<boolean>,
  timeLeft: () => boolean,
): Promise<Saturation | undefined> => {
  const keepsUp = async (rate: number): Promise<boolean> => (await attempt(rate)) || (timeLeft() && (await attempt(rate)));
  let held: number | undefined;
  for (const rate of steps) {
    if (held !== undefined && !timeLeft()) break;
    if (await keepsUp(rate)) held = rate;
    else return held === undefined ? below(rate, keepsUp, timeLeft) : { rate: held, above: rate };
  }
  return held === undefined ? undefined : { rate: held, above: null };
};

const below = async (tooHigh: number, keepsUp: (rate: number) => Promise<boolean>, timeLeft: () => boolean): Promise<Saturation | undefined> => {
  for (let above = tooHigh; above / 2 >= tooHigh * LEAST_PART && timeLeft(); above /= 2) if (await keepsUp(above / 2)) return { rate: above / 2, above };
  return undefined;
};
