import { setTimeout as pause } from 'node:timers/promises';
import { cpuOfChildren } from './processes.ts';

/** ms; part of a core that the database uses when it has nothing left to do, and a little more */
const LOOK_EVERY = 1_000;
const IDLE = 0.15;

/**
 * Until the database has worked off what former rows left behind (nothing waits for it, so the read models lag), at most so many seconds:
 * the next row shall not pay for it. Returns whether it has; true where no database can be seen.
 */
export const settled = async (seconds: number): Promise<boolean> => {
  for (let left = seconds * 1_000; left > 0; left -= LOOK_EVERY) {
    const before = cpuOfChildren()?.parts.database;
    if (before === undefined) return true;
    await pause(LOOK_EVERY);
    const after = cpuOfChildren()?.parts.database;
    if (after === undefined || after - before < (IDLE * LOOK_EVERY) / 1_000) return true;
  }
  return false;
};
