import { LIMITS } from '@clatter/contract';
import type { HttpPlugin } from '@clatter/runtime';
import Type from 'typebox';
import { presenceOf, type QueryDeps } from '../projections/presence.query.ts';

const USER = '[A-Za-z0-9_-]{1,48}';
const Query = Type.Object({ users: Type.String({ maxLength: LIMITS.presenceAsked.value * 49, pattern: `^${USER}(,${USER})*$` }) });
const Item = Type.Object({ user: Type.String(), status: Type.String(), lastSeen: Type.Optional(Type.Integer()) });

/** Who of these users is online: a look-up for those who hold no socket. */
export const presenceGet =
  (deps: QueryDeps): HttpPlugin =>
  async (app) => {
    app.get<{ Querystring: { users: string } }>(
      '/v1/presence',
      {
        preHandler: app.authenticate,
        schema: {
          summary: 'Status and last seen of users with whom you share a conversation',
          tags: ['presence'],
          security: [{ access: [] }],
          querystring: Query,
          response: { 200: Type.Object({ presence: Type.Array(Item) }) },
        },
      },
      ({ caller, query }) => presenceOf(deps, caller, query.users.split(',')),
    );
  };
