import { rounded } from './figures.ts';
import { isFlat, middle } from './flat.ts';
import { Collector, openLoop } from './openLoop.ts';
import { openRooms } from './rooms.ts';
import type { Say } from './say.ts';
import type { Target } from './target.ts';

/** The rate stays the same, so that requests per message do too, and a cost per message is one per request. */
const RATE = 500;
/** s */
const WINDOW = 3;
/** few members: to the broker a message is the same however many get it */
const ROOMS = 10;
const MEMBERS = 5;

/**
 * A broker that just started compiles its own code for a good part of a minute, and a message costs it several times what it costs one
 * that has run for long. So load goes through the whole cluster, in rooms of its own, until the broker's CPU per message is flat, or for
 * `limit` seconds. Other systems have no broker, and need none of it.
 */
export const warmUpBroker = async (target: Target, limit: number, say: Say): Promise<void> => {
  if (target.mode !== 'cluster' || limit === 0) return;
  const collector = new Collector();
  const rooms = await openRooms(target, ROOMS, MEMBERS, collector.delivered);
  const window = Math.min(WINDOW, limit);
  const costs: number[] = [];
  const began = performance.now();
  const passed = (): number => (performance.now() - began) / 1_000;
  do {
    const { brokerCpuMsPerMessage } = await openLoop(rooms, collector, { rate: RATE, seconds: window, members: MEMBERS });
    if (brokerCpuMsPerMessage !== null) costs.push(brokerCpuMsPerMessage);
  } while (!isFlat(costs) && passed() + window <= limit);
  const problems = rooms.problems();
  if (problems) say.note(`while the broker was warmed up: ${problems}`);
  rooms.close();
  told(costs, rounded(passed()), say);
};

const told = (costs: readonly number[], seconds: number, say: Say): void => {
  const first = costs[0];
  const fact = { what: 'warm-up', rate: RATE, seconds, flat: isFlat(costs) };
  if (first === undefined) {
    const seen = { ...fact, fromMsPerMessage: null, toMsPerMessage: null };
    return say.fact(seen, `broker warmed up for ${seconds} s; it is no process of the bench, so nobody saw whether its CPU per message is flat`);
  }
  const last = middle(costs);
  const how = fact.flat ? `in ${seconds} s, flat` : `not flat after ${seconds} s`;
  say.fact({ ...fact, fromMsPerMessage: first, toMsPerMessage: last }, `broker warmed up: ${first} → ${last} ms of CPU per message ${how}`);
};
