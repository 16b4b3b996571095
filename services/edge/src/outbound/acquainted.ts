import { LIMITS, type MemberDoc } from '@clatter/contract';
import { acquaintances, ClatterError } from '@clatter/kernel';
import type { ReadModels } from '@clatter/ports';
import { type Core, EVENTS } from '../core.ts';
import type { Session } from '../socket/session.ts';

/** What a `watch` frame asks for. */
export type Wanted = { readonly users?: readonly string[]; readonly conversation?: string };

const PAGES = 10;

/**
 * Whom a session may watch of those it asked for: members of one of its conversations, at most 200 of them; or users with whom it shares
 * one, the others are left out. Read behind all that the session was sent, so that a member it has just heard of is one.
 * @throws {ClatterError} not_found for a conversation it takes no part in; bad_request
 */
export const mayWatch = async (core: Core, session: Session, { users = [], conversation }: Wanted): Promise<ReadonlySet<string>> => {
  const { store } = core.deps;
  const readModels = core.deps.readModels.pinned(); // waited for and read in the same generation
  if (conversation !== undefined && users.length > 0) throw new ClatterError('bad_request', 'Name users or a conversation, not both.');
  const events = core.messaging.watermarks()?.[EVENTS];
  if (events) await readModels.reached({ [EVENTS]: events }, core.settings.connectWithin);
  if (conversation !== undefined) return membersOf(core, session, conversation, readModels);
  const members = readModels.collection('members');
  const rows = async (keys: readonly string[]) => (await store.getMany(members, keys)) as readonly (MemberDoc | undefined)[];
  return acquaintances(session.user, [...new Set(users)], new Set([...session.subscribed, ...(session.pending?.keys() ?? [])]), rows);
};

/** Who has just joined takes part, though nothing is sent to the session yet. */
const takesPart = (session: Session, conversation: string): boolean => session.subscribed.has(conversation) || session.pending?.has(conversation) === true;

const membersOf = async (core: Core, session: Session, conversation: string, readModels: ReadModels): Promise<ReadonlySet<string>> => {
  const { store } = core.deps;
  const found = new Set<string>();
  const limit = LIMITS.watch.value + 1;
  for (let page = 0, after: string | undefined; page < PAGES; page++) {
    const options = { prefix: [conversation], limit, ...(after === undefined ? {} : { after: [after] }) };
    const rows = (await store.range(readModels.collection('members'), 'byConversation', options)).map(({ doc }) => doc as unknown as MemberDoc);
    for (const row of rows) if (!row.gone && row.user !== session.user && found.size < LIMITS.watch.value) found.add(row.user);
    after = rows.at(-1)?.user;
    if (rows.length < limit || found.size >= LIMITS.watch.value) break;
  }
  if (!takesPart(session, conversation)) throw new ClatterError('not_found', 'There is no such conversation.'); // permission last
  return found;
};
