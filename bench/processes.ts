import { readdirSync, readFileSync } from 'node:fs';

/** CPU seconds that children of this process have used so far, by what they are. */
export type Used = { readonly servers: number; readonly broker: number; readonly database: number };

const TICKS_PER_SECOND = 100; // USER_HZ, fixed in Linux' interface

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return ''; // it has ended
  }
};

/** Fields of `/proc/<pid>/stat` behind the name: state, ppid, … (proc(5)). */
const statOf = (pid: string): string[] =>
  read(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, '')
    .split(' ');

/** Process ids of this process' children. */
export const children = (): string[] => {
  try {
    return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && statOf(pid)[1] === String(process.pid));
  } catch {
    return []; // no /proc here
  }
};

/** undefined where the system has no /proc. */
export const cpuOfChildren = (): Used | undefined => {
  const used = { servers: 0, broker: 0, database: 0 };
  const pids = children();
  for (const pid of pids) {
    const stat = statOf(pid);
    const seconds = (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND;
    const command = read(`/proc/${pid}/cmdline`);
    used[command.includes('kafka.Kafka') ? 'broker' : command.includes('secantusd') ? 'database' : 'servers'] += seconds;
  }
  return pids.length > 0 ? used : undefined;
};

/** CPU seconds that all processes of this machine have used since it started: what is left of them disturbed a measurement. */
export const cpuOfMachine = (): number => {
  const [, user, nice, system, , , irq, softirq, steal] = (read('/proc/stat').split('\n')[0] ?? '').split(/\s+/).map(Number);
  return [user, nice, system, irq, softirq, steal].reduce<number>((sum, ticks) => sum + (ticks ?? 0), 0) / TICKS_PER_SECOND;
};

/** Resident bytes of all children, undefined where the system has no /proc. */
export const residentOfChildren = (): number | undefined => {
  let kib = 0;
  for (const pid of children()) kib += Number(/^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0);
  return kib > 0 ? kib * 1_024 : undefined;
};
