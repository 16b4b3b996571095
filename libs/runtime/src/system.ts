import { randomBytes, randomInt } from 'node:crypto';
import { makeUuid7, nextRef, type RefState } from '@clatter/kernel';
import type { Clock, Ids } from '@clatter/ports';

/** The machine's clock. Timers never keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

const SPAN = 2 ** 47;
const random = (): number => randomInt(SPAN) / SPAN;
let refs: RefState | undefined;

/** The machine's randomness. */
export const systemIds: Ids = {
  random: () => Math.random(),
  uuid7: () => {
    refs = nextRef(refs, Date.now());
    return makeUuid7(refs.ms, refs.counter, random(), random());
  },
  name: () => randomBytes(12).toString('base64url'),
};
