import { type Row, rounded } from './figures.ts';
import type { Options } from './options.ts';
import { eachOf, type Person, talk } from './person.ts';
import { cpuOfChildren, cpuOfMachine, residentOfChildren } from './processes.ts';
import { makeRooms, urlOf } from './rooms.ts';
import { systemsOf } from './systems.ts';
import type { System, Target } from './target.ts';
import { withTarget } from './targets.ts';

/** ms; the protocol's heartbeat, which clients keep ± 20 % */
const HEARTBEAT = 25_000;
const MEMBERS = 10;
const STEP = 100;
/** s in which memory of the start is given back, at most; the least of what is seen counts */
const CALM = 15;

/** Sessions that are logged in, members of a room of 10, and only keep their heartbeat: resident memory and CPU of the server. */
export const runIdle = async (options: Options, row: (row: Row) => void): Promise<void> => {
  for (let i = 0; i < options.repeat; i++)
    for (const { system } of systemsOf(options.modes)) row(await withTarget(system, (target) => measure(system, target, options)));
};

const measure = async (mode: System, target: Target, { sessions, seconds }: Options): Promise<Row> => {
  const rooms = await makeRooms(target, Math.ceil(sessions / MEMBERS), MEMBERS);
  const places = rooms.flatMap((room) => room.members.map((member) => ({ room, member }))).slice(0, sessions);
  const calm = Math.min(CALM, seconds);
  const before = await leastResident(calm);
  let closed = 0;
  const people = await eachOf(places, ({ room, member }, i) =>
    talk(
      urlOf(target, room, i),
      member,
      () => {},
      () => closed++,
    ),
  );
  const stop = mode === 'bare' ? () => {} : heartbeats(people);
  await leastResident(calm);
  const cpu = cpuOfChildren();
  const machine = cpuOfMachine();
  const own = process.cpuUsage();
  const after = await leastResident(seconds);
  const used = cpuOfChildren();
  const load = process.cpuUsage(own);
  stop();
  const servers = cpu && used ? used.servers - cpu.servers : null;
  for (const { close } of people) close();
  return {
    mode,
    sessions,
    seconds,
    closed,
    residentBeforeMiB: before === undefined ? null : rounded(before / 2 ** 20),
    residentMiB: after === undefined ? null : rounded(after / 2 ** 20),
    kibPerSession: before === undefined || after === undefined ? null : rounded((after - before) / 1_024 / sessions),
    cpuSeconds: servers === null ? null : rounded(servers, 2),
    cpuPercentOfACore: servers === null ? null : rounded((100 * servers) / seconds),
    loadCpuSeconds: rounded((load.user + load.system) / 1e6, 2),
    othersCpuSeconds: servers === null ? null : rounded(cpuOfMachine() - machine - servers - (load.user + load.system) / 1e6, 2),
  };
};

/** Every session once per heartbeat, a few at a time. */
const heartbeats = (people: readonly Person[]): (() => void) => {
  const each = Math.ceil((people.length * STEP) / HEARTBEAT);
  let next = 0;
  const timer = setInterval(() => {
    for (let i = 0; i < each; i++) people[next++ % people.length]?.send('{"type":"ping"}');
  }, STEP);
  return () => clearInterval(timer);
};

/** The least resident memory seen within so many seconds: what garbage there is comes and goes. */
const leastResident = async (seconds: number): Promise<number | undefined> => {
  let least: number | undefined;
  for (let i = 0; i < seconds; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const now = residentOfChildren();
    if (now !== undefined) least = Math.min(least ?? now, now);
  }
  return least;
};
