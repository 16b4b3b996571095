import { describe } from 'vitest';
import { whyNot } from './order.ts';

/** A suite that needs real servers. Where they can't be had it is skipped and its name says why; with TESTBED=required that fails. */
export const describeOn = async (
  servers: Parameters<typeof whyNot>[0],
  name: string,
  run: () => void,
  options: Parameters<typeof whyNot>[1] = {},
): Promise<void> => {
  const why = await whyNot(servers, options);
  describe.skipIf(why !== undefined)(why === undefined ? name : `${name} (${why})`, run);
};
