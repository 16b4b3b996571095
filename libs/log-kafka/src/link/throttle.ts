import { type Clock, sleep } from '@clatter/ports';

/** A quota's window is some seconds: longer than this nobody is kept from asking again. */
const MOST_MS = 30_000;

/** Waits as long as a broker asks a client that is over its quota to (KIP-219). `ms` 0 = not at all. */
export const throttled = async (clock: Clock, ms: number): Promise<void> => {
  if (ms > 0) await sleep(clock, Math.min(ms, MOST_MS));
};
