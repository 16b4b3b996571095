import type { PresenceCommand, PresenceEvents, PresenceFact } from '@clatter/contract';
import type { Dated, GetCell } from '@clatter/kernel';
import { GRACE, HOLDERS, LEASES_PER_USER, type Lease, ROOT, type Root, rootOf, statusOf, type User, userCell, userOf } from './cells.ts';
import { userBy } from './evolve.ts';
import type { PresenceRules } from './rules.ts';

/** What the commands about one connection read. */
export const sessionReads = (command: Dated): readonly string[] => [ROOT, userCell(command.key)];

export const endedFact = (root: Root, user: string, { lease, holder }: Lease, at: number, more: Partial<PresenceEvents['lease.ended']> = {}): PresenceFact => ({
  name: 'lease.ended',
  v: 1,
  data: { user, lease, holder, slot: root.holders[holder]?.slot ?? 0, at, ...more },
});

/** What the status becomes, where it changes. */
export const changed = (user: string, before: User, after: User, at: number): readonly PresenceFact[] => {
  const status = statusOf(after);
  return status === before.status ? [] : [{ name: 'presence.changed', v: 1, data: { user, status, lastSeen: at } }];
};

/** A copy of a command: its holder has said something later. */
const isCopy = (root: Root, { holder, n }: { readonly holder: string; readonly n: number }): boolean => n <= (root.holders[holder]?.n ?? -1);

/** A connection counts from now on; the same session and device counts once, on the edge where it connected last. */
export const opened = (get: GetCell, command: Dated, data: PresenceCommand<'session.opened'>): readonly PresenceFact[] => {
  const root = rootOf(get(ROOT));
  const holder = root.holders[data.holder];
  if (holder?.lost || isCopy(root, data) || (!holder && Object.keys(root.holders).length >= HOLDERS)) return [];
  const before = userOf(get(userCell(command.key)));
  const twins = before.leases.filter((l) => l.session === data.session && l.device === data.device);
  const newer = twins.some((l) => l.connection !== data.connection);
  if (data.again && newer) return [replaced(data.edge, data.connection)]; // it went on elsewhere while this edge was taken for lost
  const facts: PresenceFact[] = [];
  for (const twin of twins) {
    facts.push(endedFact(root, command.key, twin, command.at));
    if (twin.edge !== data.edge) facts.push(replaced(twin.edge, twin.connection)); // its own edge has closed it already
  }
  const [oldest] = before.leases;
  if (oldest && twins.length === 0 && before.leases.length >= LEASES_PER_USER) facts.push(endedFact(root, command.key, oldest, command.at));
  const { again: _, ...lease } = data;
  facts.push({ name: 'lease.opened', v: 1, data: { ...lease, user: command.key, slot: holder?.slot ?? freeSlot(root) } });
  return [...facts, ...changed(command.key, before, facts.reduce(userBy, before), command.at)];
};

const replaced = (edge: string, connection: string): PresenceFact => ({ name: 'session.replaced', v: 1, data: { edge, connection } });

const freeSlot = (root: Root): number => {
  const taken = new Set(Object.values(root.holders).map((h) => h.slot));
  let slot = 0;
  while (taken.has(slot)) slot++;
  return slot;
};

const held = (get: GetCell, command: Dated, data: { readonly lease: string; readonly holder: string; readonly n: number }) => {
  const root = rootOf(get(ROOT));
  const before = userOf(get(userCell(command.key)));
  const lease = isCopy(root, data) ? undefined : before.leases.find((l) => l.lease === data.lease);
  return { root, before, lease };
};

/** Of the last lease the end begins the grace; a tick decides what follows. */
export const closed = (get: GetCell, command: Dated, data: PresenceCommand<'session.closed'>, rules: PresenceRules): readonly PresenceFact[] => {
  const { root, before, lease } = held(get, command, data);
  if (!lease) return [];
  const last = before.leases.length === 1;
  const fact = endedFact(root, command.key, lease, command.at, { n: data.n, ...(last ? { grace: true } : {}) });
  if (last && rules.grace === false) return [fact, { name: 'presence.changed', v: 1, data: { user: command.key, status: 'offline', lastSeen: command.at } }];
  return [fact, ...changed(command.key, before, userBy(before, fact), command.at)];
};

export const activity = (get: GetCell, command: Dated, data: PresenceCommand<'session.active'>): readonly PresenceFact[] => {
  const { before, lease } = held(get, command, data);
  if (!lease || lease.active === data.on) return [];
  const { holder, n, on } = data;
  const fact: PresenceFact = { name: 'lease.active', v: 1, data: { user: command.key, lease: lease.lease, holder, n, on } };
  return [fact, ...changed(command.key, before, userBy(before, fact), command.at)];
};

/** Somebody without leases, whose grace is over: offline since the last one ended. */
export const goneOffline = (name: string, { ended = 0 }: User, at: number): PresenceFact | undefined =>
  at - ended >= GRACE ? { name: 'presence.changed', v: 1, data: { user: name, status: 'offline', lastSeen: ended } } : undefined;
