import { ClatterError } from '@clatter/kernel';
import type { HttpPlugin } from '@clatter/runtime';
import Type, { type Static } from 'typebox';
import type { AuthService } from '../service.ts';
import { answerSession, COOKIE, clearSession } from './cookie.ts';
import { Credentials, Session, secured, Tokens } from './schemas.ts';

const Refresh = Type.Object({ refreshToken: Type.Optional(Type.String({ maxLength: 256 })), tokens: Tokens }, { additionalProperties: false });
const Item = Type.Object({
  session: Type.String(),
  device: Type.Optional(Type.String()),
  openedAt: Type.Integer(),
  usedAt: Type.Integer(),
  current: Type.Boolean(),
});

/** Registering, logging in, refreshing, and ending sessions. */
export const sessionRoutes =
  (service: AuthService, secure: boolean): HttpPlugin =>
  async (app) => {
    app.post<{ Body: Static<typeof Credentials> }>(
      '/v1/accounts',
      { schema: { summary: 'Register', tags: ['auth'], body: Credentials, response: { 201: Session } } },
      async (request, reply) => {
        const { tokens, ...rest } = request.body;
        const body = await service.register({ ...rest, address: request.ip });
        return reply.code(201).send(answerSession(reply, body, tokens === 'body', secure));
      },
    );

    app.post<{ Body: Static<typeof Credentials> }>(
      '/v1/sessions',
      { schema: { summary: 'Log in', tags: ['auth'], body: Credentials, response: { 201: Session } } },
      async (request, reply) => {
        const { tokens, ...rest } = request.body;
        const body = await service.logIn({ ...rest, address: request.ip });
        return reply.code(201).send(answerSession(reply, body, tokens === 'body', secure));
      },
    );

    app.post<{ Body: Static<typeof Refresh> }>(
      '/v1/sessions/refresh',
      { schema: { summary: 'Refresh: a new access and a new refresh token', tags: ['auth'], body: Refresh, response: { 200: Session } } },
      async (request, reply) => {
        const token = request.body.refreshToken ?? request.cookies[COOKIE];
        if (!token) throw new ClatterError('unauthenticated', 'There is no refresh token.');
        const body = await service.refresh(token, request.ip);
        return reply.send(answerSession(reply, body, request.body.tokens === 'body', secure));
      },
    );

    app.get(
      '/v1/sessions',
      {
        preHandler: app.authenticate,
        schema: { summary: 'Your sessions', tags: ['auth'], security: secured, response: { 200: Type.Object({ sessions: Type.Array(Item) }) } },
      },
      async (request) => ({
        sessions: await service.sessions(request.caller.user, request.caller.session),
      }),
    );

    app.delete<{ Params: { id: string } }>(
      '/v1/sessions/:id',
      {
        preHandler: app.authenticate,
        schema: {
          summary: 'End a session: its id, `current` or `others`',
          tags: ['auth'],
          security: secured,
          params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
          response: { 204: Type.Null() },
        },
      },
      async (request, reply) => {
        const { user, session } = request.caller;
        await service.end(user, session, request.params.id);
        if (request.params.id === 'current' || request.params.id === session) clearSession(reply);
        return reply.code(204).send();
      },
    );
  };
