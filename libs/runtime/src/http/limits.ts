import type { LimitRow } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import type { FastifyInstance } from 'fastify';
import { setting } from '../config.ts';

/** Limits of every HTTP server. */
export const HTTP_LIMITS = {
  body: { value: 128 * 1024, unit: 'bytes of a body', beyond: '413 too_large' },
  receive: { value: 30_000, unit: 'ms until a request has come in', beyond: 'the connection is closed' },
  requests: { value: 2_000, unit: 'requests being answered at once', beyond: '503 unavailable' },
} as const satisfies Record<string, LimitRow>;

export type HttpLimits = { readonly requests: number };

export const httpConfig = {
  requests: setting('number', 'CLATTER_HTTP_REQUESTS', 'HTTP requests being answered at once; more are refused `unavailable`', {
    default: HTTP_LIMITS.requests.value,
    min: 1,
  }),
};

/** Beyond `most` a request is refused before anything of it is read, so that a flood costs no memory (P7). */
export const boundRequests = (app: FastifyInstance, most: number): void => {
  let open = 0;
  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.longLived) return;
    if (open >= most) throw new ClatterError('unavailable', 'Too many requests at once.', { after: 1_000 });
    open++;
    reply.raw.once('close', () => {
      open--;
    });
  });
};
