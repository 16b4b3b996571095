import { measureApart } from './apart.ts';
import type { Measured } from './figures.ts';
import { Collector, type Offered, openLoop } from './openLoop.ts';
import type { Mode, Options } from './options.ts';
import { openRooms } from './rooms.ts';
import type { Say } from './say.ts';
import { settled } from './settled.ts';
import { type Shared, systemsOf } from './systems.ts';
import { withTarget } from './targets.ts';
import { warmUpBroker } from './warmUp.ts';

/** A system that runs, with its rooms open. */
export type Running = {
  readonly measure: (offered: Omit<Offered, 'members'>) => Promise<Measured & { readonly rooms: number; readonly members: number }>;
  /** before a row: waits until what former ones left behind is worked off */
  readonly calm: () => Promise<void>;
};

/** few rooms refuse some of it (`rate_limited`), which is not waited for: ms */
const WARM_UP = { rate: 500, seconds: 3, within: 2_000 };

/** Latency and CPU at each rate, each system started anew; the modes take turns, so that what disturbs the machine disturbs all. */
export const runLoad = async (options: Options, say: Say): Promise<void> => {
  for (let i = 0; i < options.repeat; i++)
    for (const shared of systemsOf(options.modes)) for (const members of options.members) await oneSystem(shared, members, options, say);
};

const oneSystem = ({ system, modes }: Shared, members: number, options: Options, say: Say): Promise<void> =>
  withTarget(system, async (target) => {
    const collector = new Collector();
    const rooms = await openRooms(target, options.rooms, members, collector.delivered);
    await warmUpBroker(target, options.warm, say); // now, since nobody new can connect while the read models lag behind it
    await openLoop(rooms, collector, { ...WARM_UP, seconds: Math.min(WARM_UP.seconds, options.seconds), members });
    rooms.problems();
    const running: Running = {
      measure: async (offered) => {
        const measured = await openLoop(rooms, collector, { ...offered, members });
        const problems = rooms.problems();
        if (problems) say.note(`${system} at ${offered.rate}: ${problems}`);
        return { ...measured, rooms: options.rooms, members };
      },
      calm: async () => {
        if (options.settle > 0 && !(await settled(options.settle)))
          say.note(`the database was still behind after ${options.settle} s: the next row pays for it`);
      },
    };
    for (const mode of modes) await measureMode(mode, running, options, say);
    rooms.close();
  });

const measureMode = async (mode: Mode, running: Running, { rates, seconds, steps }: Options, say: Say): Promise<void> => {
  if (mode === 'cluster-apart') return measureApart(running, steps, seconds, say);
  for (const rate of rates) {
    await running.calm();
    say.row({ mode, ...(await running.measure({ rate, seconds })), share: null, saturation: null });
  }
};
