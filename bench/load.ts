import type { Row } from './figures.ts';
import { Collector, openLoop } from './openLoop.ts';
import type { Mode, Options } from './options.ts';
import { openRooms } from './rooms.ts';
import { withTarget } from './targets.ts';

type Say = { readonly row: (row: Row) => void; readonly note: (text: string) => void };

const WARM_UP = { rate: 500, seconds: 3 };

/** Latency and CPU at each rate, each mode in a fresh system; the modes take turns, so that what disturbs the machine disturbs all. */
export const runLoad = async (options: Options, say: Say): Promise<void> => {
  for (let i = 0; i < options.repeat; i++) {
    for (const mode of options.modes) for (const members of options.members) await oneSystem(mode, members, options, say);
  }
};

const oneSystem = (mode: Mode, members: number, { rates, seconds, rooms: count }: Options, say: Say): Promise<void> =>
  withTarget(mode, async (target) => {
    const collector = new Collector();
    const rooms = await openRooms(target, count, members, collector.delivered);
    await openLoop(rooms, collector, WARM_UP.rate, Math.min(WARM_UP.seconds, seconds), members);
    for (const rate of rates) {
      say.row({ mode, ...(await openLoop(rooms, collector, rate, seconds, members)), rooms: count, members });
      const problems = rooms.problems();
      if (problems) say.note(`${mode} at ${rate}: ${problems}`);
    }
    rooms.close();
  });
