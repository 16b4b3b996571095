import type { ServiceProcess } from '../cluster/cluster.ts';

/** One thing that a process said of its partitions, or that was done to it. `at`: ms since the epoch. */
export type Moment = { readonly at: number; readonly who: string; readonly what: 'rejoins' | 'joined' | 'leads' };
export type FaultSpan = { readonly from: number; readonly to: number; readonly text: string };
export type Stall = { readonly from: number; readonly to: number };

type Line = { readonly time?: string; readonly msg?: string; readonly group?: string; readonly partition?: number };
const SAID = new Set(['rejoins', 'joined', 'leads']);

/** Keeps what owners of messages say of their partitions from now on, whatever else their processes print. */
export const follow = (services: readonly ServiceProcess[], kept: Moment[]): void => {
  for (const [i, { name, server }] of services.entries()) {
    if (name !== 'messaging') continue;
    let rest = '';
    server.heard = (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const moment = momentOf(line, `${name} ${i}`);
        if (moment) kept.push(moment);
      }
    };
  }
};

/** What a line of a process' log says of an owner; undefined = something else. */
export const momentOf = (line: string, who: string): Moment | undefined => {
  let said: Line;
  try {
    said = JSON.parse(line) as Line;
  } catch {
    return undefined; // a word of the runtime, not of the log
  }
  const { time, msg = '', group } = said;
  if (!time || !SAID.has(msg) || (group !== undefined && !group.endsWith('.owner'))) return undefined;
  return { at: Date.parse(time), who, what: msg as Moment['what'] };
};

/**
 * Says where the time of a stall went: until the group noticed (detection), until it had shared out the partitions anew (rebalance), until
 * the owners had read to the end and claimed (replay), and until the first answer after that.
 */
export const explain = ({ from, to }: Stall, faults: readonly FaultSpan[], moments: readonly Moment[]): string => {
  const s = (ms: number): string => (ms / 1_000).toFixed(1);
  const during = faults.filter((fault) => fault.from < to && fault.to > from - 1_000);
  const within = moments.filter(({ at }) => at >= from && at <= to);
  const first = (what: Moment['what'], after: number): number | undefined => within.find((moment) => moment.what === what && moment.at >= after)?.at;
  const noticed = first('rejoins', from) ?? first('joined', from);
  const shared = noticed === undefined ? undefined : within.findLast(({ what }) => what === 'joined')?.at;
  const led = within.findLast(({ what }) => what === 'leads')?.at;
  const parts: string[] = [];
  let last = from;
  for (const [name, at] of [
    ['detection', noticed],
    ['rebalance', shared],
    ['replay', led],
    ['first answer', to],
  ] as const) {
    if (at === undefined || at < last) continue;
    parts.push(`${name} ${s(at - last)} s`);
    last = at;
  }
  // a killed process is back when it listens again, which takes longer than it was down
  const suffered = during.map((fault) => `${fault.text} (from ${s(fault.from - from)} s on, all was back at ${s(fault.to - from)} s)`);
  return `${s(to - from)} s: ${parts.join(', ')}; ${suffered.length > 0 ? suffered.join('; ') : 'nothing was done to any process'}`;
};
