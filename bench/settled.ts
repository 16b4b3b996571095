import { setTimeout as pause } from 'node:timers/promises';
import { cpuOfChildren, type Used } from './processes.ts';

/** ms; CPU seconds per second of all processes under measurement together, more than an idle cluster uses */
const LOOK_EVERY = 500;
const IDLE = 0.3;

/** Until what a former row left behind is worked off (the read models lag), at most so many seconds: the next row shall not pay for it. */
export const settled = async (seconds: number): Promise<void> => {
  for (let left = seconds * 1_000; left > 0; left -= LOOK_EVERY) {
    const before = cpuOfChildren();
    await pause(LOOK_EVERY);
    const after = cpuOfChildren();
    if (!before || !after || total(after) - total(before) < (IDLE * LOOK_EVERY) / 1_000) return;
  }
};

const total = ({ servers, parts }: Used): number => servers + (parts.broker ?? 0) + (parts.database ?? 0);
