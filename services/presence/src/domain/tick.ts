import type { PresenceCommand, PresenceFact } from '@clatter/contract';
import type { Dated, GetCell } from '@clatter/kernel';
import {
  AT_ONCE,
  BEAT_LATE,
  BEATS,
  BUCKETS,
  beatsOf,
  CLEARED_AT_ONCE,
  endingCell,
  endingOf,
  GRACE,
  type Holder,
  LOG_AWAY,
  leasesCell,
  leasesOf,
  ROOT,
  rootOf,
  SILENCE,
  type User,
  userCell,
  userOf,
} from './cells.ts';
import { userBy } from './evolve.ts';
import type { PresenceRules } from './rules.ts';
import { changed, endedFact, goneOffline } from './session.ts';

type Ended = { readonly lease: string; readonly user: string; readonly holder: string };

/** What a tick has to do: as far as the cells loaded so far tell. */
type Plan = {
  readonly beats: { readonly [holder: string]: number };
  /** lost by this tick */
  readonly lost: readonly (readonly [name: string, holder: Holder])[];
  readonly leases: readonly Ended[];
  readonly cleared: readonly string[];
  readonly over: readonly string[];
  readonly emptied: readonly number[];
  /** the cells that this was read from */
  readonly reads: readonly string[];
};

const plan = (get: GetCell, at: number, rules: PresenceRules): Plan => {
  const root = rootOf(get(ROOT));
  const heard = beatsOf(get);
  const holders = Object.entries(root.holders);
  const beats = Object.fromEntries(
    holders.map(([name, h]) => [name, heard[name] ?? 0, h.at] as const).flatMap(([name, beat, known]) => (beat > known ? [[name, beat]] : [])),
  );
  const logWasAway = rules.logAway !== false && (root.tick === undefined || at - root.tick > LOG_AWAY);
  const silent = ([name, h]: readonly [string, Holder]): boolean => !h.lost && at - Math.max(h.at, beats[name] ?? 0) > SILENCE;
  const lost = rules.lost === false || logWasAway ? [] : holders.filter(silent);
  const ended = endOf([...holders.filter(([, h]) => h.lost), ...lost].slice(0, CLEARED_AT_ONCE), get);
  const graced = overOf(root.ending, get, at, AT_ONCE - ended.leases.length);
  return { beats, lost, ...ended, ...graced, reads: [ROOT, BEATS, ...ended.reads, ...graced.reads] };
};

/** Leases of lost holders, as many as one record may hold. */
const endOf = (lost: readonly (readonly [string, Holder])[], get: GetCell): Pick<Plan, 'leases' | 'cleared' | 'reads'> => {
  const leases: Ended[] = [];
  const cleared: string[] = [];
  const reads: string[] = [];
  for (const [holder, { slot }] of lost) {
    let all = true;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      reads.push(leasesCell(slot, bucket));
      for (const [lease, user] of leasesOf(get(leasesCell(slot, bucket)))) {
        if (leases.length < AT_ONCE) leases.push({ lease, user, holder });
        else all = false;
      }
    }
    if (all) cleared.push(holder);
  }
  reads.push(...leases.map(({ user }) => userCell(user)));
  return { leases, cleared, reads };
};

/** Users whose grace is over, at most `most`; buckets in which nobody waits any more. */
const overOf = (buckets: readonly number[], get: GetCell, at: number, most: number): Pick<Plan, 'over' | 'emptied' | 'reads'> => {
  const over: string[] = [];
  const emptied: number[] = [];
  for (const bucket of buckets) {
    let waiting = 0;
    for (const [user, since] of endingOf(get(endingCell(bucket)))) {
      if (at - since >= GRACE && over.length < most) over.push(user);
      else waiting++;
    }
    if (waiting === 0) emptied.push(bucket);
  }
  return { over, emptied, reads: [...buckets.map(endingCell), ...over.map(userCell)] };
};

export const tickReads = (command: Dated, get: GetCell, rules: PresenceRules): readonly string[] => plan(get, command.at, rules).reads;

/**
 * Time passes (design §5): silent edges are lost and their leases end as of their last sign of life; who was without a lease for the grace
 * is offline. Its record carries the beats since the last one, so that a successor knows them. Where nobody counts it does nothing.
 */
export const tick = (get: GetCell, command: Dated, rules: PresenceRules): readonly PresenceFact[] => {
  const root = rootOf(get(ROOT));
  if (Object.keys(root.holders).length === 0 && root.ending.length === 0) return [];
  const { beats, lost, leases, cleared, over, emptied } = plan(get, command.at, rules);
  const facts: PresenceFact[] = [
    { name: 'ticked', v: 1, data: { beats, ...(cleared.length > 0 ? { cleared } : {}), ...(emptied.length > 0 ? { emptied } : {}) } },
    ...lost.map(([holder, { edge }]): PresenceFact => ({ name: 'edge.lost', v: 1, data: { edge, holder } })),
  ];
  const before = new Map<string, User>();
  const after = new Map<string, User>();
  for (const { lease, user, holder } of leases) {
    const known = after.get(user) ?? userOf(get(userCell(user)));
    if (!before.has(user)) before.set(user, known);
    const held = known.leases.find((l) => l.lease === lease);
    const since = Math.max(root.holders[holder]?.at ?? 0, beats[holder] ?? 0);
    const last = known.leases.length === 1;
    const fact = held && endedFact(root, user, held, since, last && Math.max(since, known.ended ?? 0) + GRACE > command.at ? { grace: true } : {});
    if (fact) facts.push(fact);
    after.set(user, fact ? userBy(known, fact) : known);
  }
  for (const [user, now] of after) {
    if (now.leases.length > 0) facts.push(...changed(user, before.get(user) ?? now, now, command.at));
    else facts.push(...offline(user, now, command.at));
  }
  for (const user of over) facts.push(...offline(user, userOf(get(userCell(user))), command.at));
  return facts;
};

const offline = (user: string, now: User, at: number): readonly PresenceFact[] => {
  const fact = goneOffline(user, now, at);
  return fact ? [fact] : [];
};

/**
 * A beat is noted in memory until the next tick; a late one gets a record of its own. Of a holder that is not known here, though it says
 * that it has leases, the leases were lost: it begins a new term.
 */
export const beat = (get: GetCell, command: Dated, { edge, holder, leases }: PresenceCommand<'edge.beat'>): 'noted' | readonly PresenceFact[] => {
  const known = rootOf(get(ROOT)).holders[holder];
  if (!known) return leases > 0 ? [{ name: 'edge.lost', v: 1, data: { edge, holder } }] : [];
  if (known.lost) return [];
  const last = Math.max(known.at, beatsOf(get)[holder] ?? 0);
  return command.at - last > BEAT_LATE ? [{ name: 'edge.heard', v: 1, data: { holder } }] : 'noted';
};
