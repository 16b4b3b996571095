import { type Row, rounded } from './figures.ts';
import { Collector, openLoop } from './openLoop.ts';
import type { Options } from './options.ts';
import { cpuOfChildren } from './processes.ts';
import { openRooms } from './rooms.ts';
import type { Say } from './say.ts';
import { systemsOf } from './systems.ts';
import type { System } from './target.ts';
import { withTarget } from './targets.ts';
import { warmUpBroker } from './warmUp.ts';

const RATE = 30;
const WARM_UP = 3;

/**
 * What a message costs the server in one group of so many members, at the same rate for all sizes: its writes to sockets grow with the group;
 * what it costs beyond the bare fan-out should not. What the server does without any message is taken off.
 */
export const runGroups = async (options: Options, say: Say): Promise<void> => {
  const rate = options.rates[0] ?? RATE;
  for (let i = 0; i < options.repeat; i++)
    for (const members of options.members) for (const { system } of systemsOf(options.modes)) say.row(await one(system, members, rate, options, say));
};

const one = (mode: System, members: number, rate: number, { seconds, warm }: Options, say: Say): Promise<Row> =>
  withTarget(mode, async (target) => {
    const collector = new Collector();
    const rooms = await openRooms(target, 1, members, collector.delivered);
    await warmUpBroker(target, warm, say);
    await openLoop(rooms, collector, { rate, seconds: Math.min(WARM_UP, seconds), members });
    const idle = await cpuWhile(seconds);
    const { cpuSeconds, delivered, expected, p50, p99, max, othersCpuSeconds } = await openLoop(rooms, collector, { rate, seconds, members });
    rooms.close();
    const used = cpuSeconds === null || idle === null ? null : Math.max(0.01, cpuSeconds - idle);
    const per = (things: number): number | null => (used === null ? null : Math.round(things / used));
    return {
      mode,
      members,
      rate,
      seconds,
      expected,
      delivered,
      p50,
      p99,
      max,
      cpuSeconds,
      idleCpuSeconds: idle,
      messagesPerCpuSecond: per(rate * seconds),
      deliveriesPerCpuSecond: per(delivered),
      cpuMsPerMessage: used === null ? null : rounded((used * 1_000) / (rate * seconds), 2),
      othersCpuSeconds,
    };
  });

/** CPU seconds of the servers in so many seconds in which nothing is sent: by the calmest third, since what was begun before is still being finished. */
const cpuWhile = async (seconds: number): Promise<number | null> => {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3; i++) {
    const before = cpuOfChildren();
    await new Promise((resolve) => setTimeout(resolve, (seconds * 1_000) / 3));
    const after = cpuOfChildren();
    if (!before || !after) return null;
    least = Math.min(least, (after.servers - before.servers) * 3);
  }
  return rounded(least, 2);
};
