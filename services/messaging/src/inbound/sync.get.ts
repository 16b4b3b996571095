import { ConversationId, type SyncQuery } from '@clatter/contract';
import type { HttpPlugin } from '@clatter/runtime';
import Type from 'typebox';
import type { QueryDeps } from '../projections/deps.ts';
import { syncPage } from '../projections/sync.query.ts';
import { Cursor, Limit, SyncItem, secured } from './schemas.ts';

const Query = Type.Object({
  since: Cursor,
  upto: Cursor,
  next: Type.Optional(Type.String({ maxLength: 16_384 })),
  conversation: Type.Optional(ConversationId),
  limit: Limit,
});
const Page = Type.Object({ conversations: Type.Array(SyncItem), next: Type.Optional(Type.String()), cursor: Type.Optional(Type.String()) });

export const syncGet =
  (deps: QueryDeps): HttpPlugin =>
  async (app) => {
    app.get<{ Querystring: SyncQuery }>(
      '/v1/sync',
      {
        preHandler: app.authenticate,
        schema: { summary: 'Everything that changed since a cursor', tags: ['messaging'], security: secured, querystring: Query, response: { 200: Page } },
      },
      (request) => syncPage(deps, request.caller, request.query),
    );
  };
