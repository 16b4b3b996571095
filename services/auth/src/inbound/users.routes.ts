import type { HttpPlugin } from '@clatter/runtime';
import Type, { type Static } from 'typebox';
import type { AuthService } from '../service.ts';
import { secured, User } from './schemas.ts';

const Name = Type.Object({ name: Type.String({ minLength: 1, maxLength: 64 }) }, { additionalProperties: false });
const Passwords = Type.Object({ before: Type.String({ maxLength: 1_024 }), after: Type.String({ maxLength: 1_024 }) }, { additionalProperties: false });
const Query = Type.Object({ query: Type.String({ minLength: 1, maxLength: 32 }), limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })) });

/** Who one is, and who others are. */
export const userRoutes =
  (service: AuthService): HttpPlugin =>
  async (app) => {
    const preHandler = app.authenticate;
    const about = (summary: string) => ({ summary, tags: ['auth'], security: secured });

    app.get('/v1/me', { preHandler, schema: { ...about('You'), response: { 200: User } } }, (request) => service.me(request.caller.user));

    app.patch<{ Body: Static<typeof Name> }>(
      '/v1/me',
      { preHandler, schema: { ...about('Change your shown name'), body: Name, response: { 200: User } } },
      (request) => service.rename(request.caller.user, request.body.name),
    );

    app.put<{ Body: Static<typeof Passwords> }>(
      '/v1/me/password',
      { preHandler, schema: { ...about('Change your password; all your other sessions end'), body: Passwords, response: { 204: Type.Null() } } },
      async (request, reply) => {
        const { user, session } = request.caller;
        await service.changePassword(user, session, request.body.before, request.body.after);
        return reply.code(204).send();
      },
    );

    app.get<{ Querystring: Static<typeof Query> }>(
      '/v1/users',
      {
        preHandler,
        schema: { ...about('Find users by the beginning of their username'), querystring: Query, response: { 200: Type.Object({ users: Type.Array(User) }) } },
      },
      async (request) => ({
        users: await service.find(request.query.query, request.query.limit ?? 20),
      }),
    );

    app.get<{ Params: { id: string } }>(
      '/v1/users/:id',
      { preHandler, schema: { ...about('One user'), params: Type.Object({ id: Type.String({ maxLength: 48 }) }), response: { 200: User } } },
      (request) => service.me(request.params.id),
    );
  };
