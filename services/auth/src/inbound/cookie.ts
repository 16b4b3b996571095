import type { SessionBody } from '@clatter/contract';
import type { FastifyReply } from 'fastify';

export const COOKIE = 'clatter_refresh';
const PATH = '/v1/sessions';

/** The refresh token goes into the body for who asks for it, else into an HttpOnly cookie that no script reads. */
export const answerSession = (reply: FastifyReply, body: SessionBody, inBody: boolean, secure: boolean): SessionBody => {
  if (inBody) return body;
  const { refreshToken, ...rest } = body;
  reply.setCookie(COOKIE, refreshToken ?? '', { httpOnly: true, sameSite: 'strict', secure, path: PATH, expires: new Date(body.refreshExpires) });
  return rest;
};

export const clearSession = (reply: FastifyReply): void => void reply.clearCookie(COOKIE, { path: PATH });
