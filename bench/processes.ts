import { readdirSync, readFileSync } from 'node:fs';

/** What a process is to a message: one of the two services that every message passes, the broker, the database, or any other server. */
type Part = 'edge' | 'messaging' | 'rest' | 'broker' | 'database';

/** CPU seconds that children of this process have used so far: of all servers together, and by what they are. A part without a process is left out. */
export type Used = { readonly servers: number; readonly parts: Readonly<Partial<Record<Part, number>>> };

const PARTS: readonly (readonly [Part, RegExp])[] = [
  ['broker', /\bkafka\.Kafka\b/],
  ['database', /secantusd|\bmongod\b/],
  ['edge', /services\/edge\//],
  ['messaging', /services\/messaging\//],
];

/** `command`: as /proc/<pid>/cmdline has it. */
export const partOf = (command: string): Part => PARTS.find(([, sign]) => sign.test(command))?.[0] ?? 'rest';

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
  let servers = 0;
  const parts: Partial<Record<Part, number>> = {};
  const pids = children();
  for (const pid of pids) {
    const stat = statOf(pid);
    const seconds = (Number(stat[11]) + Number(stat[12])) / TICKS_PER_SECOND;
    const part = partOf(read(`/proc/${pid}/cmdline`));
    parts[part] = (parts[part] ?? 0) + seconds;
    if (part !== 'broker' && part !== 'database') servers += seconds;
  }
  return pids.length > 0 ? { servers, parts } : undefined;
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
