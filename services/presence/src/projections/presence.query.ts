import { LIMITS, type MemberDoc, type PresenceBody, type PresenceDoc, type PresenceItem } from '@clatter/contract';
import { acquaintances, ClatterError } from '@clatter/kernel';
import type { DocumentStore, ReadModels } from '@clatter/ports';

/** What the query needs: presence's read model, and messaging's, which say who knows whom. */
export type QueryDeps = { readonly store: DocumentStore; readonly presence: ReadModels; readonly messaging: ReadModels };

/** Conversations of one reader that are looked at. */
export const CONVERSATIONS = 10_000;
const PAGE = 500;

/**
 * `GET /v1/presence?users=`: of those with whom the caller shares a conversation; others are left out, as if they did not exist.
 * @throws {ClatterError} bad_request for too many
 */
export const presenceOf = async (deps: QueryDeps, { user }: { readonly user: string }, asked: readonly string[]): Promise<PresenceBody> => {
  const users = [...new Set(asked)];
  if (users.length === 0 || users.length > LIMITS.presenceAsked.value) throw new ClatterError('bad_request', `Name 1 to ${LIMITS.presenceAsked.value} users.`);
  const { store, presence } = deps;
  const messaging = deps.messaging.pinned();
  const members = messaging.collection('members');
  const rows = async (keys: readonly string[]) => (await store.getMany(members, keys)) as readonly (MemberDoc | undefined)[];
  const docs = (await store.getMany(presence.collection('presence'), users)) as readonly (PresenceDoc | undefined)[];
  const seen = await acquaintances(user, users, await conversationsOf({ ...deps, messaging }, user), rows); // permission last
  return { presence: users.flatMap((name, i) => (seen.has(name) ? [itemOf(name, docs[i])] : [])) };
};

const itemOf = (user: string, doc: PresenceDoc | undefined): PresenceItem => {
  if (!doc) return { user, status: 'offline' };
  return doc.status === 'online' ? { user, status: 'online' } : { user, status: doc.status, lastSeen: doc.lastSeen };
};

const conversationsOf = async ({ store, messaging }: QueryDeps, user: string): Promise<Set<string>> => {
  const found = new Set<string>();
  for (let after: string | undefined, full = true; full && found.size < CONVERSATIONS; ) {
    const page = await store.range(messaging.collection('members'), 'byUser', {
      prefix: [user],
      limit: PAGE,
      ...(after === undefined ? {} : { after: [after] }),
    });
    const rows = page.map(({ doc }) => doc as unknown as MemberDoc);
    for (const row of rows) if (!row.gone) found.add(row.conversation);
    after = rows.at(-1)?.conversation;
    full = page.length === PAGE;
  }
  return found;
};
