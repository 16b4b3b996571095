import type { MemberDoc } from '@clatter/contract';
import { ClatterError, keyOf } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, ReadModels } from '@clatter/ports';

/** What queries need. */
export type QueryDeps = {
  readonly store: DocumentStore;
  readonly readModels: ReadModels;
  readonly log: Pick<EventLog, 'logId' | 'partitions' | 'ends'>;
  readonly clock: Clock;
};

/** Who asks. */
export type Reader = { readonly user: string };

/** Switches for the test that each rule is needed; production passes none. */
export type QueryRules = {
  readonly syncUpto?: boolean;
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
