import { cpus } from 'node:os';
import { rounded } from './figures.ts';
import { cpuOfChildren, cpuOfMachine } from './processes.ts';

export type Usage = {
  readonly children: ReturnType<typeof cpuOfChildren>;
  readonly own: NodeJS.CpuUsage;
  readonly machine: number;
  /** ms */
  readonly at: number;
};
/** CPU seconds by whom; `null` where there is no such process, or none that can be seen. */
export type Spent = {
  readonly servers: number | null;
  readonly edge: number | null;
  readonly messaging: number | null;
  readonly otherServices: number | null;
  readonly broker: number | null;
  readonly database: number | null;
  readonly load: number;
  /** by what has nothing to do with this measurement */
  readonly others: number | null;
  /** % of all cores that was used, by whomever */
  readonly busy: number | null;
};

export const usage = (): Usage => ({ children: cpuOfChildren(), own: process.cpuUsage(), machine: cpuOfMachine(), at: performance.now() });

export const spent = (before: Usage, now: Usage = usage(), cores = cpus().length): Spent => {
  const load = (now.own.user - before.own.user + now.own.system - before.own.system) / 1e6;
  const none = { servers: null, edge: null, messaging: null, otherServices: null, broker: null, database: null, others: null, busy: null };
  const { children } = now;
  if (!before.children || !children) return { ...none, load };
  const was = before.children;
  const part = (name: keyof typeof children.parts): number | null => {
    const used = children.parts[name];
    return used === undefined ? null : used - (was.parts[name] ?? 0);
  };
  const servers = children.servers - was.servers;
  const [edge, messaging, broker, database] = [part('edge'), part('messaging'), part('broker'), part('database')];
  const machine = now.machine - before.machine;
  return {
    servers,
    edge,
    messaging,
    otherServices: edge === null ? null : part('rest'), // embedded and bare are one server, not the rest of several
    broker,
    database,
    load,
    others: Math.max(0, machine - servers - (broker ?? 0) - (database ?? 0) - load),
    busy: (100 * machine) / (cores * ((now.at - before.at) / 1_000)),
  };
};

const rounding =
  (digits: number, times: number) =>
  (value: number | null): number | null =>
    value === null ? null : rounded(value * times, digits);

/** The figures of a row: CPU seconds, and what each message cost in ms of CPU. */
export const cpuFigures = (used: Spent, messages: number) => {
  const seconds = rounding(2, 1);
  const each = rounding(2, 1_000 / messages);
  return {
    cpuSeconds: seconds(used.servers),
    messagesPerCpuSecond: used.servers ? Math.round(messages / used.servers) : null,
    loadCpuSeconds: rounded(used.load, 2),
    brokerCpuSeconds: seconds(used.broker),
    databaseCpuSeconds: seconds(used.database),
    othersCpuSeconds: seconds(used.others),
    busyPercent: rounding(0, 1)(used.busy),
    cpuMsPerMessage: each(used.servers),
    edgeCpuMsPerMessage: each(used.edge),
    messagingCpuMsPerMessage: each(used.messaging),
    otherServicesCpuMsPerMessage: each(used.otherServices),
    brokerCpuMsPerMessage: each(used.broker),
    databaseCpuMsPerMessage: each(used.database),
    loadCpuMsPerMessage: each(used.load),
  };
};
