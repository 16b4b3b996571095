import { LIMITS, type MemberDoc } from '@clatter/contract';
import { ClatterError, keyOf } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, ReadModels } from '@clatter/ports';

/** What queries need. */
export type QueryDeps = {
  readonly store: DocumentStore;
  readonly readModels: ReadModels;
  readonly log: Pick<EventLog, 'logId' | 'partitions' | 'ends'>;
  readonly clock: Clock;
  readonly sizes?: SyncSizes;
};

/** How many messages a sync gives of one conversation; by default the contract's. */
export type SyncSizes = { readonly fresh: number; readonly changed: number; readonly limited: number };

export const sizesOf = ({ sizes }: QueryDeps): SyncSizes =>
  sizes ?? { fresh: LIMITS.syncFresh.value, changed: LIMITS.syncChanged.value, limited: LIMITS.syncLimited.value };

/** What one query reads is all of one generation, also while another one is being switched to. @throws {ClatterError} unavailable */
export const pinned = (deps: QueryDeps, rules: QueryRules = {}): QueryDeps =>
  rules.pinned === false ? deps : { ...deps, readModels: deps.readModels.pinned() };

/** Who asks. */
export type Reader = { readonly user: string };

/** Switches for the test that each rule is needed; production passes none. */
export type QueryRules = {
  readonly syncUpto?: boolean;
  /** one query reads one generation of the read models */
  readonly pinned?: boolean;
  readonly joinedRev?: boolean;
  readonly cursorFirstPage?: boolean;
  readonly limitedNewest?: boolean;
  readonly historyRev?: boolean;
  /** content first, membership last */
  readonly readOrder?: boolean;
};

export const rowOf = async ({ store, readModels }: QueryDeps, conversation: string, user: string): Promise<MemberDoc | undefined> =>
  (await store.get(readModels.collection('members'), keyOf.member(conversation, user))) as MemberDoc | undefined;

/** @throws {ClatterError} not_found for who is no member: a conversation that is not yours does not exist for you (P6) */
export const requireMember = async (deps: QueryDeps, conversation: string, user: string): Promise<MemberDoc> => {
  const row = await rowOf(deps, conversation, user);
  if (!row || row.gone) throw new ClatterError('not_found', 'There is no such conversation.');
  return row;
};

export const EVENTS = 'messaging.events';
export const MARKS = 'messaging.marks';
