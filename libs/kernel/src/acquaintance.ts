import { LIMITS, type MemberDoc } from '@clatter/contract';
import { directId, keyOf } from './names.ts';

/** Reads member rows by key; undefined where there is none. */
export type RowsByKey = (keys: readonly string[]) => Promise<readonly (MemberDoc | undefined)[]>;

const CHUNK = 500;

/**
 * Those of `users` who share a conversation with `me`, whose conversations are given: who may see whose presence (protocol §1). The direct
 * conversation is looked at first; of groups as many rows as `LIMITS.acquaintance` says, and who is not found by then is left out.
 */
export const acquaintances = async (me: string, users: readonly string[], conversations: ReadonlySet<string>, rows: RowsByKey): Promise<Set<string>> => {
  const found = new Set(users.filter((user) => user === me));
  const look = async (pairs: readonly (readonly [conversation: string, user: string])[]): Promise<void> => {
    const docs = pairs.length === 0 ? [] : await rows(pairs.map(([conversation, user]) => keyOf.member(conversation, user)));
    for (const doc of docs) if (doc && !doc.gone) found.add(doc.user);
  };
  await look(users.map((user) => [directId(me, user), user] as const).filter(([conversation]) => conversations.has(conversation)));
  const groups = [...conversations].filter((id) => !id.startsWith('d.'));
  let left: number = LIMITS.acquaintance.value;
  for (let at = 0; at < groups.length && left > 0; ) {
    const missing = users.filter((user) => !found.has(user));
    if (missing.length === 0) break;
    const some = groups.slice(at, at + Math.max(1, Math.floor(CHUNK / missing.length)));
    at += some.length;
    const pairs = some.flatMap((conversation) => missing.map((user) => [conversation, user] as const)).slice(0, left);
    left -= pairs.length;
    await look(pairs);
  }
  return found;
};
