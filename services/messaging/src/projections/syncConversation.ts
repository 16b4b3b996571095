import { type ConversationDoc, LIMITS, type MarkDoc, type MemberDoc, type MessageDoc, type SyncConversation } from '@clatter/contract';
import { type Cursor, keyOf, partitionOf } from '@clatter/kernel';
import { EVENTS, MARKS, type QueryDeps, type QueryRules, type Reader, rowOf, sizesOf } from './deps.ts';
import { newestMessages } from './messages.query.ts';

type Versioned = { readonly rev: number };

/**
 * What changed in one conversation since a cursor. Reads conversation, messages, marks, and the caller's row last: it decides
 * whether any of it may be given (P6). `asked`: the caller named it, so it is told when it may not be read.
 */
export const syncConversation = async (
  deps: QueryDeps,
  { user }: Reader,
  conversation: string,
  since: Cursor | undefined,
  asked: boolean,
  rules: QueryRules,
): Promise<SyncConversation | undefined> => {
  const partition = partitionOf(conversation, deps.log.partitions(EVENTS));
  const sinceEvents = since?.at[EVENTS]?.[partition] ?? -1;
  const sinceMarks = since?.at[MARKS]?.[partition] ?? -1;
  for (let before = await rowOf(deps, conversation, user); ; ) {
    const fresh = !since || (rules.joinedRev !== false && (before?.joinedRev ?? 0) > sinceEvents);
    const doc = (await deps.store.get(deps.readModels.collection('conversations'), conversation)) as ConversationDoc | undefined;
    const messages = fresh
      ? { messages: await newestMessages(deps, conversation, sizesOf(deps).fresh) }
      : await changedMessages(deps, conversation, sinceEvents, rules);
    const marks = await changedMarks(deps, conversation, user, doc, fresh ? -1 : sinceMarks);
    const own = rules.readOrder === false ? before : await rowOf(deps, conversation, user);
    if (!own || own.gone) {
      const told = asked || (since !== undefined && own !== undefined && own.rev > sinceEvents);
      return told ? { conversation, left: { rev: own?.rev ?? Number.MAX_SAFE_INTEGER } } : undefined;
    }
    if (own.joinedRev !== before?.joinedRev) {
      before = own; // joined again while we read: as in a fresh sync
      continue;
    }
    const changed = (d: Versioned | undefined): boolean => d !== undefined && (fresh || d.rev > sinceEvents);
    if (!fresh && !changed(doc) && !changed(own) && messages.messages.length === 0 && marks.length === 0) return undefined;
    return { conversation, ...(fresh ? { fresh: true as const } : {}), ...(doc && changed(doc) ? { doc } : {}), own, ...messages, marks };
  }
};

const changedMessages = async (
  deps: QueryDeps,
  conversation: string,
  since: number,
  rules: QueryRules,
): Promise<{ messages: readonly MessageDoc[]; limited?: true }> => {
  const { changed: most, limited: limit } = sizesOf(deps);
  const found = await deps.store.range(deps.readModels.collection('messages'), 'byRev', { prefix: [conversation], after: [since], limit: most + 1 });
  const messages = found.map(({ doc }) => doc as unknown as MessageDoc).sort((a, b) => a.number - b.number);
  if (messages.length <= most) return { messages };
  return { messages: rules.limitedNewest === false ? messages.slice(-limit) : await newestMessages(deps, conversation, limit), limited: true };
};

/** In large conversations only the caller's own mark: nothing per member is told there (design §5). */
const changedMarks = async (deps: QueryDeps, conversation: string, user: string, doc: ConversationDoc | undefined, since: number): Promise<MarkDoc[]> => {
  const { store, readModels } = deps;
  const small = (doc?.memberCount ?? 0) <= LIMITS.smallGroup.value;
  const most = small ? LIMITS.page.value : 1;
  const found = await store.range(readModels.collection('marks'), 'byConversation', {
    prefix: small ? [conversation] : [conversation, user],
    limit: most,
  });
  const marks = found.map(({ doc: mark }) => mark as unknown as MarkDoc);
  // with many former members there are more marks than are given: those of present ones come first
  const all = small && marks.length === most ? [...(await presentMarks(deps, conversation)), ...marks] : marks;
  const byUser = new Map(all.map((mark) => [mark.user, mark]));
  return [...byUser.values()].filter((mark) => mark.rev > since).slice(0, most);
};

const presentMarks = async ({ store, readModels }: QueryDeps, conversation: string): Promise<MarkDoc[]> => {
  const options = { prefix: [conversation], after: [-1], limit: LIMITS.smallGroup.value }; // -1: an index may hold who is gone below all numbers
  const members = (await store.range(readModels.collection('members'), 'present', options)).map(({ doc }) => doc as unknown as MemberDoc);
  const keys = members.map(({ user }) => keyOf.mark(conversation, user));
  return (await store.getMany(readModels.collection('marks'), keys)).flatMap((mark) => (mark ? [mark as unknown as MarkDoc] : []));
};
