/** A member as the leader of a group sees it: its id now, and the partitions that it held under this very id. */
export type Claiming = { readonly id: string; readonly claims: readonly number[] };

/**
 * Gives every partition index to one member: balanced to within one, with as few moves as possible. Pure; whoever leads the group
 * comes to the same result. A claim is believed once: the smallest member id first.
 */
export const assignPartitions = (members: readonly Claiming[], count: number): Map<string, number[]> => {
  const owner: (string | undefined)[] = new Array(count).fill(undefined);
  const held = new Map<string, number[]>();
  for (const { id, claims } of [...members].sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const kept: number[] = [];
    for (const p of claims) {
      if (!Number.isInteger(p) || p < 0 || p >= count || owner[p] !== undefined) continue;
      owner[p] = id;
      kept.push(p);
    }
    held.set(
      id,
      kept.sort((a, b) => a - b),
    );
  }
  const of = (id: string): number[] => held.get(id) ?? [];
  // who holds most keeps the one that is left over
  const ids = [...held.keys()].sort((a, b) => of(b).length - of(a).length || (a < b ? -1 : 1));
  const quota = new Map(ids.map((id, i) => [id, Math.floor(count / ids.length) + (i < count % ids.length ? 1 : 0)]));
  for (const id of ids) for (const p of of(id).splice(quota.get(id) ?? 0)) owner[p] = undefined;
  const free = owner.flatMap((o, p) => (o === undefined ? [p] : []));
  for (const id of ids) {
    const mine = of(id);
    while (mine.length < (quota.get(id) ?? 0)) mine.push(free.shift() as number);
    mine.sort((a, b) => a - b);
  }
  return held;
};
