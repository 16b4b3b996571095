import { type Clock, LogError, sleep } from '@clatter/ports';

/** ms: as a broker needs to come back, or a partition to get a leader */
const AGAIN_FOR_MS = 5_000;
export const AGAIN_AFTER_MS = 100;

/** Runs until it succeeds, for a while (`forMs`): what failed as `retriable` surely had no effect. @throws what it failed with last */
export const again = async <T>(clock: Clock, closed: () => boolean, run: () => Promise<T>, forMs = AGAIN_FOR_MS): Promise<T> => {
  for (const end = clock.now() + forMs; ; ) {
    try {
      return await run();
    } catch (error) {
      if (!(error instanceof LogError) || error.kind !== 'retriable' || closed() || clock.now() >= end) throw error;
      await sleep(clock, AGAIN_AFTER_MS);
    }
  }
};

/** `again` with its clock and its end. */
export type Again = <T>(run: () => Promise<T>) => Promise<T>;
