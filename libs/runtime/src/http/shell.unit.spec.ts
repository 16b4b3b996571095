import type { Problem } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { logOptions } from '../log.ts';
import { HTTP_LIMITS } from './limits.ts';
import { createHttp } from './shell.ts';
import type { HttpPlugin } from './types.ts';

const lines: string[] = [];
const log = pino(logOptions('error'), { write: (text: string) => void lines.push(text) });
let app: FastifyInstance;
let release = (): void => {};
const held = { count: 0 };

const routes: HttpPlugin = async (server) => {
  server.post(
    '/things',
    { schema: { body: { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] } } },
    async (request) => request.body,
  );
  server.get('/mine', { preHandler: server.authenticate }, async (request) => request.caller);
  server.get('/known', async () => Promise.reject(new ClatterError('rate_limited', 'Slower.', { after: 1_500 })));
  server.get('/defect', async () => Promise.reject(new Error('the password of the database is hush')));
  server.get('/away', async () => Promise.reject(Object.assign(new Error('x'), { name: 'StoreUnavailable' })));
  server.get('/users/:id', async () => ({}));
  server.get('/held', async () => {
    held.count++;
    return new Promise((resolve) => {
      const before = release;
      release = () => {
        before();
        resolve({});
      };
    });
  });
};

const open = async (requests = 100): Promise<FastifyInstance> => {
  const tokens = {
    verify: async (token: string) =>
      token === 'good' ? { user: 'anna', session: 's', expires: 0 } : Promise.reject(new ClatterError('token_expired', 'Ended.')),
  };
  app = await createHttp({ title: 'test', plugins: [routes], tokens, log, limits: { requests } });
  return app;
};
afterEach(async () => {
  release();
  release = () => {};
  await app.close();
});

type Asked = InjectOptions;
const json = { 'content-type': 'application/json' };

describe('every error is problem+json with a stable code', () => {
  it.each<[string, Asked, string, number]>([
    ['no such route', { method: 'GET', url: '/nothing?token=x' }, 'not_found', 404],
    ['a path that is no UTF-8', { method: 'GET', url: '/users/%E0%A4%A' }, 'bad_request', 400],
    ['another method', { method: 'DELETE', url: '/things' }, 'not_found', 404],
    ['no JSON', { method: 'POST', url: '/things', headers: json, payload: '{"size":' }, 'bad_request', 400],
    ['an empty body', { method: 'POST', url: '/things', headers: json, payload: '' }, 'bad_request', 400],
    ['a field of the wrong type', { method: 'POST', url: '/things', headers: json, payload: '{"size":"large"}' }, 'bad_request', 400],
    ['a prototype to poison', { method: 'POST', url: '/things', headers: json, payload: '{"size":1,"__proto__":{"admin":true}}' }, 'bad_request', 400],
    [
      'a constructor to poison',
      { method: 'POST', url: '/things', headers: json, payload: '{"size":1,"constructor":{"prototype":{"admin":true}}}' },
      'bad_request',
      400,
    ],
    ['another kind of body', { method: 'POST', url: '/things', headers: { 'content-type': 'application/xml' }, payload: '<x/>' }, 'bad_request', 400],
    [
      'limit http.body: more than 128 KiB',
      { method: 'POST', url: '/things', headers: json, payload: JSON.stringify({ size: 1, pad: 'x'.repeat(HTTP_LIMITS.body.value) }) },
      'too_large',
      413,
    ],
    ['no token', { method: 'GET', url: '/mine' }, 'unauthenticated', 401],
    ['another scheme', { method: 'GET', url: '/mine', headers: { authorization: 'Basic good' } }, 'unauthenticated', 401],
    ['a token that ended', { method: 'GET', url: '/mine', headers: { authorization: 'Bearer old' } }, 'token_expired', 401],
    ['what a route says', { method: 'GET', url: '/known' }, 'rate_limited', 429],
    ['the database is away', { method: 'GET', url: '/away' }, 'unavailable', 503],
  ])('%s', async (_, asked, code, status) => {
    const answer = await (await open()).inject(asked);
    const problem = answer.json<Problem>();
    expect(answer.headers['content-type']).toContain('application/problem+json');
    expect([answer.statusCode, problem.status, problem.code]).toEqual([status, status, code]);
    expect(answer.body).not.toContain('token=x');
  });

  it('a defect says nothing of itself, and is logged', async () => {
    const answer = await (await open()).inject({ method: 'GET', url: '/defect' });
    expect([answer.statusCode, answer.json<Problem>().code]).toEqual([500, 'internal']);
    expect(answer.body).not.toContain('hush');
    expect(lines.join('')).toContain('hush');
  });

  it('when to come again stands in the header too, in whole seconds', async () => {
    const answer = await (await open()).inject({ method: 'GET', url: '/known' });
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json<Problem>()).toMatchObject({ after: 1_500, retry: 'later' });
  });
});

it('an answer is no page, no referrer and is not stored', async () => {
  const { headers } = await (await open()).inject({ method: 'GET', url: '/mine', headers: { authorization: 'Bearer good' } });
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
});

it('limit http.requests: more at once than the limit are refused, and those that end make room', async () => {
  const server = await open(3);
  const first = [1, 2, 3].map(() => server.inject({ method: 'GET', url: '/held' }));
  await expect.poll(() => held.count).toBe(3);
  const refused = await server.inject({ method: 'GET', url: '/held' });
  expect([refused.statusCode, refused.json<Problem>().code]).toEqual([503, 'unavailable']);
  release();
  for (const one of await Promise.all(first)) expect(one.statusCode).toBe(200);
  expect((await server.inject({ method: 'GET', url: '/nothing' })).statusCode).toBe(404);
});

it('limit http.receive: a request that drips in is cut off by the server itself', async () => {
  expect((await open()).server.requestTimeout).toBe(HTTP_LIMITS.receive.value);
});
