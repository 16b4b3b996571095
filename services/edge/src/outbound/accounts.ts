import { AUTH_COLLECTIONS, type SessionDoc } from '@clatter/contract';
import type { DocumentStore } from '@clatter/ports';
import type { EdgeDeps } from '../core.ts';

/** What an edge reads of auth's documents. A session that is not there was never opened, or is gone: it counts as ended. */
export const accountsOf = (store: DocumentStore): EdgeDeps['accounts'] => ({
  isRevoked: async (session) => {
    const doc = (await store.get(AUTH_COLLECTIONS.sessions.name, session)) as SessionDoc | undefined;
    return !doc || doc.revoked === true;
  },
  unknown: async (users) => {
    const docs = await store.getMany(AUTH_COLLECTIONS.accounts.name, users);
    return users.filter((_, i) => docs[i] === undefined);
  },
});
