import { LIMITS, type MemberDoc, type SyncConversation, type SyncPage, type SyncQuery } from '@clatter/contract';
import { ClatterError, type Cursor, decodeCursor, encodeCursor } from '@clatter/kernel';
import { lost } from './beyondEnd.ts';
import { EVENTS, MARKS, pinned, type QueryDeps, type QueryRules, type Reader } from './deps.ts';
import { syncConversation } from './syncConversation.ts';

/** What a `next` token carries: every page waits for `upto`, and all of them give the cursor read before the first. */
type Token = { readonly after: string; readonly cursor: string; readonly since?: string; readonly upto?: string };

/**
 * `GET /v1/sync` (protocol §5): every document of the caller's conversations with `rev` beyond `since`, in pages of whole conversations.
 * @throws {ClatterError} start_over for a cursor of another log; unavailable when `upto` is not reached within 2 s; bad_request
 */
export const syncPage = async (asked: QueryDeps, reader: Reader, query: SyncQuery, rules: QueryRules = {}): Promise<SyncPage> => {
  const deps = pinned(asked, rules);
  const limit = query.limit ?? LIMITS.page.value;
  if (limit < 1 || limit > LIMITS.page.value) throw new ClatterError('bad_request', `limit is 1 to ${LIMITS.page.value}.`);
  const token = query.next === undefined ? undefined : decodeToken(query.next);
  const given = token ?? query;
  const since = given.since === undefined ? undefined : await known(deps, given.since);
  const upto = given.upto === undefined ? undefined : await known(deps, given.upto);
  if (upto && rules.syncUpto !== false && !(await deps.readModels.reached(upto.at, 2_000)))
    throw new ClatterError('unavailable', 'The read models are behind; try again.', { after: 500 });
  // another generation may serve since the first page: it must have come as far as what the cursor promises
  if (token && rules.pinned !== false && rules.syncUpto !== false && !(await deps.readModels.reached(decodeCursor(token.cursor).at, 2_000)))
    throw new ClatterError('unavailable', 'The read models are behind; try again.', { after: 500 });
  const cursor = token && rules.cursorFirstPage !== false ? token.cursor : encodeCursor({ logId: deps.log.logId, at: await deps.readModels.checkpoints() });
  if (query.conversation !== undefined) {
    const one = await syncConversation(deps, reader, query.conversation, since, true, rules);
    return { conversations: one ? [one] : [] };
  }
  const found = await pageOf(deps, reader, since, token?.after, limit, rules);
  if (found.next === undefined) return { conversations: found.conversations, cursor };
  const next: Token = {
    after: found.next,
    cursor,
    ...(given.since === undefined ? {} : { since: given.since }),
    ...(given.upto === undefined ? {} : { upto: given.upto }),
  };
  return { conversations: found.conversations, next: encodeToken(next) };
};

const documents = (c: SyncConversation): number => 2 + (c.messages?.length ?? 0) + (c.marks?.length ?? 0);

/** Whole conversations until `limit` documents are reached. */
const pageOf = async (deps: QueryDeps, reader: Reader, since: Cursor | undefined, after: string | undefined, limit: number, rules: QueryRules) => {
  const conversations: SyncConversation[] = [];
  const rows = await deps.store.range(deps.readModels.collection('members'), 'byUser', {
    prefix: [reader.user],
    limit,
    ...(after === undefined ? {} : { after: [after] }),
  });
  let size = 0;
  for (const [i, { doc }] of rows.entries()) {
    const row = doc as unknown as MemberDoc;
    const one = await syncConversation(deps, reader, row.conversation, since, false, rules);
    if (one) {
      conversations.push(one);
      size += documents(one);
    }
    if (size >= limit && i < rows.length - 1) return { conversations, next: row.conversation };
  }
  return { conversations, next: rows.length === limit ? (rows.at(-1)?.doc as MemberDoc | undefined)?.conversation : undefined };
};

/** A cursor of this log, not beyond its end by more than what a lagging leader explains. */
const known = async (deps: QueryDeps, text: string): Promise<Cursor> => {
  const cursor = decodeCursor(text);
  const { log } = deps;
  if (cursor.logId !== log.logId) throw startOver();
  for (const topic of [EVENTS, MARKS]) {
    const at = cursor.at[topic];
    if (!at || at.length !== log.partitions(topic)) throw startOver();
    const ends = await log.ends(topic);
    for (const [p, offset] of at.entries()) {
      const end = ends[p]?.end ?? 0;
      if (offset < end) continue;
      if (await lost(deps, topic, p, offset, end)) throw startOver();
      throw new ClatterError('unavailable', 'The log is behind this cursor; try again.', { after: 2_000 });
    }
  }
  return cursor;
};

const startOver = (): ClatterError => new ClatterError('start_over', 'This cursor belongs to another log; drop what you hold and sync without a cursor.');

const encodeToken = (token: Token): string => btoa(JSON.stringify(token)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

const decodeToken = (text: string): Token => {
  try {
    const token = JSON.parse(atob(text.replaceAll('-', '+').replaceAll('_', '/'))) as Token;
    if (typeof token.after !== 'string' || typeof token.cursor !== 'string') throw new Error('incomplete');
    decodeCursor(token.cursor);
    return token;
  } catch (cause) {
    throw new ClatterError('bad_request', 'This is no page token.', { cause });
  }
};
