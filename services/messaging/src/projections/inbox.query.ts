import type { ConversationDoc, InboxItem, InboxPage, MarkDoc, MemberDoc, MembersPage } from '@clatter/contract';
import { ClatterError, keyOf } from '@clatter/kernel';
import { pinned, type QueryDeps, type Reader, requireMember } from './deps.ts';

/** unread = max(0, head − max(mark, joinedNumber)): no counter is ever incremented (design §3). */
const unread = (doc: ConversationDoc, own: MemberDoc, mark: MarkDoc | undefined): number =>
  Math.max(0, doc.head.number - Math.max(mark?.number ?? 0, own.joinedNumber));

/** The caller's conversations, by conversation id; whether they still are is read last (P6). `next` is the last id of a full page. */
export const inboxPage = async (asked: QueryDeps, { user }: Reader, after: string | undefined, limit: number): Promise<InboxPage> => {
  const deps = pinned(asked);
  const { store, readModels } = deps;
  const rows = await store.range(readModels.collection('members'), 'byUser', { prefix: [user], limit, ...(after === undefined ? {} : { after: [after] }) });
  const ids = rows.map(({ doc }) => doc as unknown as MemberDoc).flatMap((row) => (row.gone ? [] : [row.conversation]));
  const docs = (await store.getMany(readModels.collection('conversations'), ids)) as readonly (ConversationDoc | undefined)[];
  const marks = (await store.getMany(
    readModels.collection('marks'),
    ids.map((id) => keyOf.mark(id, user)),
  )) as readonly (MarkDoc | undefined)[];
  const owns = (await store.getMany(
    readModels.collection('members'),
    ids.map((id) => keyOf.member(id, user)),
  )) as readonly (MemberDoc | undefined)[];
  const conversations = owns.flatMap((own, i): InboxItem[] => {
    const conversation = docs[i];
    return own && !own.gone && conversation ? [{ conversation, own, unread: unread(conversation, own, marks[i]) }] : [];
  });
  const last = rows.at(-1)?.doc as MemberDoc | undefined;
  return { conversations, ...(rows.length === limit && last ? { next: last.conversation } : {}) };
};

/** @throws {ClatterError} not_found */
export const conversationOf = async (asked: QueryDeps, { user }: Reader, conversation: string): Promise<InboxItem> => {
  const deps = pinned(asked);
  const { store, readModels } = deps;
  const doc = (await store.get(readModels.collection('conversations'), conversation)) as ConversationDoc | undefined;
  const mark = (await store.get(readModels.collection('marks'), keyOf.mark(conversation, user))) as MarkDoc | undefined;
  const own = await requireMember(deps, conversation, user);
  if (!doc) throw new ClatterError('not_found', 'There is no such conversation.');
  return { conversation: doc, own, unread: unread(doc, own, mark) };
};

/** Members by user id. @throws {ClatterError} not_found */
export const membersPage = async (asked: QueryDeps, { user }: Reader, conversation: string, after: string | undefined, limit: number): Promise<MembersPage> => {
  const deps = pinned(asked);
  const { store, readModels } = deps;
  const rows = await store.range(readModels.collection('members'), 'byConversation', {
    prefix: [conversation],
    limit,
    ...(after === undefined ? {} : { after: [after] }),
  });
  await requireMember(deps, conversation, user);
  const last = rows.at(-1)?.doc as MemberDoc | undefined;
  const members = rows.map(({ doc }) => doc as unknown as MemberDoc).filter((row) => !row.gone);
  return { members, ...(rows.length === limit && last ? { next: last.user } : {}) };
};
