import { ClatterError } from '@clatter/kernel';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Logger } from '../log.ts';
import type { TokenVerifier } from '../tokens.jose.ts';
import { boundRequests, HTTP_LIMITS, type HttpLimits } from './limits.ts';
import { type ApiDocument, wholeApi } from './openapi.ts';
import { answerError, sendProblem } from './problem.ts';
import type { HttpPlugin } from './types.ts';

export type HttpOptions = {
  readonly title: string;
  readonly plugins: readonly HttpPlugin[];
  readonly tokens: TokenVerifier;
  readonly log: Logger;
  /** behind a proxy that sets x-forwarded-for */
  readonly trustProxy?: boolean;
  readonly limits: HttpLimits;
  /** addresses of other services' OpenAPI documents, shown as one with ours */
  readonly apis?: readonly string[];
};

/** A server with our manners: problem+json for every error, schemas on every route, OpenAPI at /v1/openapi.json and as a page at /docs. */
export const createHttp = async ({ title, plugins, tokens, log, trustProxy = false, apis = [], limits }: HttpOptions): Promise<FastifyInstance> => {
  const app = Fastify({
    loggerInstance: log,
    trustProxy,
    bodyLimit: HTTP_LIMITS.body.value,
    requestTimeout: HTTP_LIMITS.receive.value,
    frameworkErrors: (error, request, reply) => answerError(error, request, reply),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false } },
  }) as unknown as FastifyInstance;
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((request, reply) => sendProblem(reply, new ClatterError('not_found', `There is no ${request.method} ${request.url.split('?')[0]}.`)));
  app.decorateRequest('caller', null as never);
  app.decorate('authenticate', async (request) => {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ');
    if (scheme?.toLowerCase() !== 'bearer' || !token) throw new ClatterError('unauthenticated', 'Send the access token as `Authorization: Bearer …`.');
    request.caller = await tokens.verify(token);
  });
  boundRequests(app, limits.requests);
  app.addHook('onSend', async (_request, reply) => {
    reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'no-referrer');
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
  app.addHook('onResponse', async (request, reply) => {
    request.log.debug(
      {
        method: request.method,
        path: request.url.split('?')[0],
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        traceparent: request.headers.traceparent,
      },
      'request',
    );
  });
  await app.register(swagger, {
    openapi: { info: { title, version: '1' }, components: { securitySchemes: { access: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } } },
  });
  await app.register(swaggerUi, { routePrefix: '/docs', uiConfig: { urls: [{ name: title, url: '/v1/openapi.json' }] } });
  for (const plugin of plugins) await app.register(plugin);
  const api = wholeApi(() => app.swagger() as ApiDocument, apis);
  app.get('/v1/openapi.json', { schema: { hide: true } }, () => api());
  return app;
};
