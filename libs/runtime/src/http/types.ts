import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../tokens.jose.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** preHandler: sets `request.caller` or answers 401 */
    authenticate(request: FastifyRequest, reply: FastifyReply): Promise<void>;
  }
  interface FastifyContextConfig {
    /** its connection stays open and is bounded elsewhere: it does not count among the requests being answered */
    longLived?: true;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

/** Routes of a service. */
export type HttpPlugin = (app: FastifyInstance) => Promise<void>;
