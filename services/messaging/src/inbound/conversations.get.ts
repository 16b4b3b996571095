import type { MessagesQuery } from '@clatter/contract';
import type { HttpPlugin } from '@clatter/runtime';
import Type from 'typebox';
import type { QueryDeps } from '../projections/deps.ts';
import { conversationOf, inboxPage, membersPage } from '../projections/inbox.query.ts';
import { messagesPage } from '../projections/messages.query.ts';
import { ConversationParams, Item, Limit, Member, Message, secured } from './schemas.ts';

const Page = Type.Object({ after: Type.Optional(Type.String({ maxLength: 128 })), limit: Limit });
const Number1 = Type.Optional(Type.Integer({ minimum: 0 }));
const History = Type.Object({ before: Number1, after: Number1, around: Number1, limit: Limit, rev: Number1 });
const next = Type.Optional(Type.String());

type PageQuery = { after?: string; limit?: number };

/** The inbox, one conversation, its members and its history. */
export const conversationsGet =
  (deps: QueryDeps): HttpPlugin =>
  async (app) => {
    const preHandler = app.authenticate;
    const about = (summary: string) => ({ summary, tags: ['messaging'], security: secured });

    app.get<{ Querystring: PageQuery }>(
      '/v1/conversations',
      { preHandler, schema: { ...about('Your conversations'), querystring: Page, response: { 200: Type.Object({ conversations: Type.Array(Item), next }) } } },
      ({ caller, query }) => inboxPage(deps, caller, query.after, query.limit ?? 50),
    );
    app.get<{ Params: { id: string } }>(
      '/v1/conversations/:id',
      { preHandler, schema: { ...about('One conversation'), params: ConversationParams, response: { 200: Item } } },
      ({ caller, params }) => conversationOf(deps, caller, params.id),
    );
    app.get<{ Params: { id: string }; Querystring: PageQuery }>(
      '/v1/conversations/:id/members',
      {
        preHandler,
        schema: {
          ...about('Its members, by user id'),
          params: ConversationParams,
          querystring: Page,
          response: { 200: Type.Object({ members: Type.Array(Member), next }) },
        },
      },
      ({ caller, params, query }) => membersPage(deps, caller, params.id, query.after, query.limit ?? 50),
    );
    app.get<{ Params: { id: string }; Querystring: MessagesQuery }>(
      '/v1/conversations/:id/messages',
      {
        preHandler,
        schema: {
          ...about('Its messages, ascending by number'),
          params: ConversationParams,
          querystring: History,
          response: { 200: Type.Object({ messages: Type.Array(Message) }) },
        },
      },
      ({ caller, params, query }) => messagesPage(deps, caller, params.id, query),
    );
  };
