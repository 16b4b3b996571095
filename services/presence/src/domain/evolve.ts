import type { PresenceEvents, PresenceFact } from '@clatter/contract';
import { type Change, type Draft, presenceFacts } from '@clatter/kernel';
import {
  BEATS,
  type Beats,
  bucketOf,
  endingCell,
  endingOf,
  type Holder,
  leasesCell,
  leasesOf,
  type Pairs,
  ROOT,
  type Root,
  rootOf,
  type User,
  userCell,
  userOf,
} from './cells.ts';

/** How an accepted record changes cells. One without facts is a beat: it stands in no log, only in memory, until the next tick. */
export const evolve = (record: Draft): readonly Change[] => {
  if (record.outcome !== 'accepted') return [];
  if (record.events.length === 0) return [{ cell: BEATS, to: (cell) => ({ heard: { ...(cell as Beats | undefined)?.heard, [record.key]: record.at } }) }];
  return presenceFacts(record).flatMap((fact) => changesOf(fact, record.at));
};

const changesOf = (fact: PresenceFact, at: number): readonly Change[] => {
  switch (fact.name) {
    case 'lease.opened':
      return opened(fact.data, at);
    case 'lease.ended':
      return ended(fact.data, at);
    case 'lease.active':
      return [user(fact), root((r) => heard(r, fact.data.holder, at, fact.data.n))];
    case 'presence.changed':
      return fact.data.status === 'offline' ? [user(fact), ending(fact.data.user, undefined)] : [user(fact)];
    case 'edge.lost':
      return [root((r) => holder(r, fact.data.holder, (h) => ({ ...h, lost: true })))];
    case 'edge.heard':
      return [root((r) => holder(r, fact.data.holder, (h) => ({ ...h, at: Math.max(h.at, at) })))];
    case 'ticked':
      return [root((r) => ticked(r, fact.data, at)), { cell: BEATS, to: () => ({ heard: {} }) }];
    case 'session.replaced':
      return [];
    default:
      return fact satisfies never;
  }
};

/** What a fact makes of its user: the same step for deciding and for what is decided. */
export const userBy = (before: User, fact: PresenceFact): User => {
  switch (fact.name) {
    case 'lease.opened': {
      const { lease, holder: by, edge, connection, session, device, active } = fact.data;
      const { ended: _, ...rest } = before;
      return { ...rest, leases: [...before.leases, { lease, holder: by, edge, connection, session, device, active }] };
    }
    case 'lease.ended':
      return { ...before, leases: before.leases.filter((l) => l.lease !== fact.data.lease), ended: Math.max(before.ended ?? 0, fact.data.at) };
    case 'lease.active':
      return { ...before, leases: before.leases.map((l) => (l.lease === fact.data.lease ? { ...l, active: fact.data.on } : l)) };
    case 'presence.changed':
      return { ...before, status: fact.data.status, lastSeen: fact.data.lastSeen };
    default:
      return before;
  }
};

const user = (fact: PresenceFact & { readonly data: { readonly user: string } }): Change => ({
  cell: userCell(fact.data.user),
  to: (cell) => userBy(userOf(cell), fact),
});

const root = (step: (root: Root) => Root): Change => ({ cell: ROOT, to: (cell) => step(rootOf(cell)) });

const opened = (data: PresenceEvents['lease.opened'], at: number): readonly Change[] => [
  user({ name: 'lease.opened', v: 1, data }),
  lease(data.slot, data.lease, data.user),
  ending(data.user, undefined),
  root((r) => ({ ...r, holders: { ...r.holders, [data.holder]: { edge: data.edge, slot: data.slot, at, n: data.n } } })),
];

const ended = (data: PresenceEvents['lease.ended'], at: number): readonly Change[] => {
  const { n } = data;
  const changes = [user({ name: 'lease.ended', v: 1, data }), lease(data.slot, data.lease, undefined)];
  if (n !== undefined) changes.push(root((r) => heard(r, data.holder, at, n)));
  if (!data.grace) return changes;
  const bucket = bucketOf(data.user);
  changes.push(ending(data.user, data.at));
  changes.push(root((r) => (r.ending.includes(bucket) ? r : { ...r, ending: [...r.ending, bucket].sort((a, b) => a - b) })));
  return changes;
};

const ticked = (r: Root, { beats, cleared = [], emptied = [] }: PresenceEvents['ticked'], at: number): Root => ({
  tick: at,
  holders: Object.fromEntries(
    Object.entries(r.holders)
      .filter(([name]) => !cleared.includes(name))
      .map(([name, h]) => [name, { ...h, at: Math.max(h.at, beats[name] ?? 0) }]),
  ),
  ending: r.ending.filter((bucket) => !emptied.includes(bucket)),
});

/** A command of a holder is a sign of its life too. */
const heard = (r: Root, name: string, at: number, n: number): Root => holder(r, name, (h) => ({ ...h, n, at: Math.max(h.at, at) }));

const holder = (r: Root, name: string, step: (holder: Holder) => Holder): Root => {
  const known = r.holders[name];
  return known ? { ...r, holders: { ...r.holders, [name]: step(known) } } : r;
};

const lease = (slot: number, name: string, of: string | undefined): Change => ({
  cell: leasesCell(slot, bucketOf(name)),
  to: (cell) => ({ leases: withPair(leasesOf(cell), name, of) }),
});

const ending = (name: string, at: number | undefined): Change => ({
  cell: endingCell(bucketOf(name)),
  to: (cell) => ({ users: withPair(endingOf(cell), name, at) }),
});

const withPair = <T>(pairs: Pairs<T>, name: string, value: T | undefined): Pairs<T> => {
  const others = pairs.some(([known]) => known === name) ? pairs.filter(([known]) => known !== name) : pairs;
  return value === undefined ? others : [...others, [name, value]];
};
