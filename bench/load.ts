import { measureApart } from './apart.ts';
import type { Measured } from './figures.ts';
import { Collector, type Offered, openLoop } from './openLoop.ts';
import type { Mode, Options } from './options.ts';
import { openRooms } from './rooms.ts';
import type { Say } from './say.ts';
import { settled } from './settled.ts';
import { systemsOf } from './systems.ts';
import { withTarget } from './targets.ts';
import { warmUpBroker } from './warmUp.ts';

/** One measurement of the system that runs, in the rooms that are open. */
export type Measure = (offered: Omit<Offered, 'members'>) => Promise<Measured & { readonly rooms: number; readonly members: number }>;

const WARM_UP = { rate: 500, seconds: 3 };
/** s; what a row leaves behind is worked off in this time at most */
const SETTLE = 10;

/** Latency and CPU at each rate, each system started anew; the modes take turns, so that what disturbs the machine disturbs all. */
export const runLoad = async (options: Options, say: Say): Promise<void> => {
  for (let i = 0; i < options.repeat; i++) {
    for (const { system, modes } of systemsOf(options.modes)) {
      for (const members of options.members) {
        await withTarget(system, async (target) => {
          const collector = new Collector();
          const rooms = await openRooms(target, options.rooms, members, collector.delivered);
          await warmUpBroker(target, options.warm, say); // now, since nobody new can connect while the read models lag behind it
          await openLoop(rooms, collector, { rate: WARM_UP.rate, seconds: Math.min(WARM_UP.seconds, options.seconds), members });
          const measure: Measure = async (offered) => {
            if (system === 'cluster') await settled(SETTLE);
            const measured = await openLoop(rooms, collector, { ...offered, members });
            const problems = rooms.problems();
            if (problems) say.note(`${system} at ${offered.rate}: ${problems}`);
            return { ...measured, rooms: options.rooms, members };
          };
          for (const mode of modes) await measureMode(mode, measure, options, say);
          rooms.close();
        });
      }
    }
  }
};

const measureMode = async (mode: Mode, measure: Measure, { rates, seconds, steps }: Options, say: Say): Promise<void> => {
  if (mode === 'cluster-apart') return measureApart(measure, steps, seconds, say);
  for (const rate of rates) say.row({ mode, ...(await measure({ rate, seconds })), share: null, saturation: null });
};
