import type { PresenceStatus } from '@clatter/contract';
import { type GetCell, partitionOf } from '@clatter/kernel';

/** An edge in one of its terms, as far as this partition has heard of it. `at`, ms: its last sign of life; `n`: of its last command that changed something. */
export type Holder = { readonly edge: string; readonly slot: number; readonly at: number; readonly n: number; readonly lost?: true };

/** `tick`, ms: the last one that counted. `ending`: buckets in which users wait for the end of their grace. */
export type Root = { readonly tick?: number; readonly holders: { readonly [holder: string]: Holder }; readonly ending: readonly number[] };

export type Lease = {
  readonly lease: string;
  readonly holder: string;
  readonly edge: string;
  readonly connection: string;
  readonly session: string;
  readonly device: string;
  readonly active: boolean;
};

/** `ended`, ms: the latest end of one of its leases. */
export type User = { readonly leases: readonly Lease[]; readonly status: PresenceStatus; readonly lastSeen: number; readonly ended?: number };

/** A small set of pairs, copied at every change: a list, since objects whose keys come and go are slow. */
export type Pairs<T> = readonly (readonly [name: string, value: T])[];
/** Part of the leases of a holder, each with its user. */
export type Leases = { readonly leases: Pairs<string> };
/** Part of the users in grace, each with the time when the last lease ended, ms. */
export type Ending = { readonly users: Pairs<number> };
/**
 * Beats heard since the last tick. No record stands behind them until it; where an owner dies, at most 5 s of an edge's life are forgotten.
 * A flush may store them early: they are true of the commands' log, whoever noted them.
 */
export type Beats = { readonly heard: { readonly [holder: string]: number } };

/** ms: after the last lease ended its user stays what they were; after the last beat an edge is lost. */
export const GRACE = 5_000;
export const SILENCE = 15_000;
/** Connections of one user that count. */
export const LEASES_PER_USER = 100;
/** A tick that comes so long after the last one finds no edge lost: the log was away, and nobody's beat could stand in it. */
export const LOG_AWAY = 10_000;
/** A beat that comes so long after the last one known stands in the log by itself: one and a half beats. */
export const BEAT_LATE = 7_500;
/** Leases and users that one tick ends, so that its record stays far below what a broker takes; the rest at the next. */
export const AT_ONCE = 1_000;
/** Holders of one partition, and lost ones that one tick looks at. */
export const HOLDERS = 1_000;
export const CLEARED_AT_ONCE = 8;
/** Large sets are kept in so many cells, so that a change copies a small one. */
export const BUCKETS = 64;

export const ROOT = 'root';
export const BEATS = 'beats';
export const userCell = (user: string): string => `user/${user}`;
export const leasesCell = (slot: number, bucket: number): string => `leases/${slot}/${bucket}`;
export const endingCell = (bucket: number): string => `ending/${bucket}`;
export const bucketOf = (id: string): number => partitionOf(id, BUCKETS);

const EMPTY: Root = { holders: {}, ending: [] };
const NOBODY: User = { leases: [], status: 'offline', lastSeen: 0 };

export const rootOf = (cell: object | undefined): Root => (cell as Root | undefined) ?? EMPTY;
export const userOf = (cell: object | undefined): User => (cell as User | undefined) ?? NOBODY;
export const leasesOf = (cell: object | undefined): Leases['leases'] => (cell as Leases | undefined)?.leases ?? [];
export const endingOf = (cell: object | undefined): Ending['users'] => (cell as Ending | undefined)?.users ?? [];
export const beatsOf = (get: GetCell): Beats['heard'] => (get(BEATS) as Beats | undefined)?.heard ?? {};

/** Of somebody without leases it stays what it was until the grace is over. */
export const statusOf = ({ leases, status }: User): PresenceStatus => {
  if (leases.length === 0) return status;
  return leases.some((l) => l.active) ? 'online' : 'away';
};
