import { LIMITS, type MessageDoc, type MessagesPage, type MessagesQuery } from '@clatter/contract';
import { ClatterError, partitionOf } from '@clatter/kernel';
import { EVENTS, pinned, type QueryDeps, type QueryRules, type Reader, requireMember } from './deps.ts';

/**
 * One page of a conversation's history, ascending. `rev` waits until the read model has reached it.
 * @throws {ClatterError} not_found | bad_request | unavailable
 */
export const messagesPage = async (
  asked: QueryDeps,
  reader: Reader,
  conversation: string,
  query: MessagesQuery,
  rules: QueryRules = {},
): Promise<MessagesPage> => {
  const deps = pinned(asked);
  const limit = query.limit ?? 50;
  if (limit < 1 || limit > LIMITS.page.value) throw new ClatterError('bad_request', `limit is 1 to ${LIMITS.page.value}.`);
  if ([query.before, query.after, query.around].filter((x) => x !== undefined).length > 1)
    throw new ClatterError('bad_request', 'Give one of before, after, around.');
  if (query.rev !== undefined && rules.historyRev !== false) await waitFor(deps, conversation, query.rev);
  const messages = await read(deps, conversation, query, limit);
  await requireMember(deps, conversation, reader.user); // permission last
  return { messages };
};

const waitFor = async ({ log, readModels }: QueryDeps, conversation: string, rev: number): Promise<void> => {
  const count = log.partitions(EVENTS);
  const p = partitionOf(conversation, count);
  const wanted = Array.from({ length: count }, (_, i) => (i === p ? rev : -1));
  if (!(await readModels.reached({ [EVENTS]: wanted }, 2_000))) throw new ClatterError('unavailable', 'The read model is behind; try again.', { after: 500 });
};

const read = async (deps: QueryDeps, conversation: string, query: MessagesQuery, limit: number): Promise<MessageDoc[]> => {
  if (query.after !== undefined) return range(deps, conversation, 'asc', query.after, limit);
  if (query.around !== undefined) {
    const half = Math.floor(limit / 2);
    const older = await range(deps, conversation, 'desc', query.around, half);
    const newer = await range(deps, conversation, 'asc', query.around - 1, limit - half);
    return [...older.reverse(), ...newer];
  }
  return (await range(deps, conversation, 'desc', query.before, limit)).reverse();
};

const range = async (
  { store, readModels }: QueryDeps,
  conversation: string,
  order: 'asc' | 'desc',
  after: number | undefined,
  limit: number,
): Promise<MessageDoc[]> => {
  if (limit < 1) return [];
  const found = await store.range(readModels.collection('messages'), 'byNumber', {
    prefix: [conversation],
    order,
    limit,
    ...(after === undefined ? {} : { after: [after] }),
  });
  return found.map(({ doc }) => doc as unknown as MessageDoc);
};

/** The newest `limit` messages, ascending. */
export const newestMessages = async (deps: QueryDeps, conversation: string, limit: number): Promise<MessageDoc[]> =>
  (await range(deps, conversation, 'desc', undefined, limit)).reverse();
