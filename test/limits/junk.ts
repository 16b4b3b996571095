import { CLIENT_FRAMES, COMMANDS } from '@clatter/contract';
import type { Random } from '@clatter/testing';

const STRINGS = [
  '',
  'x',
  'c1',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  'd.a.b',
  "' OR 1=1 --",
  '{"$gt":""}',
  '\u0000',
  '\ud800',
  '🐘'.repeat(40),
  'ü'.repeat(20_000),
  'x'.repeat(40_000),
  '0190a000-0000-7000-8000-000000000001',
  '00000000-0000-7000-8000-000000000000',
  'ffffffff-ffff-7fff-bfff-ffffffffffff',
];
const NUMBERS = [0, -1, 1, 1.5, 2 ** 53, -(2 ** 53), 1e308, 4_294_967_296];
const NAMES = [
  'type',
  'ref',
  'name',
  'data',
  'conversation',
  'direct',
  'text',
  'kind',
  'members',
  'user',
  'users',
  'number',
  'on',
  'token',
  'device',
  'version',
  '__proto__',
  'toString',
];

/** Any JSON value, shallow or absurd. */
const value = (random: Random, depth = 3): unknown => {
  switch (random.below(depth > 0 ? 9 : 6)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.pick(NUMBERS);
    case 6:
      return Array.from({ length: random.pick([0, 1, 3, 600]) }, () => value(random, 0));
    case 7:
      return Object.fromEntries(Array.from({ length: random.below(6) }, () => [random.pick(NAMES), value(random, depth - 1)]));
    default:
      return random.pick(STRINGS);
  }
};

const uuid7 = (random: Random): string => {
  const hex = (digits: number): string => Array.from({ length: digits }, () => random.below(16).toString(16)).join('');
  return `0190a${hex(3)}-${hex(4)}-7${hex(3)}-8${hex(3)}-${hex(12)}`;
};

/** The text of one WebSocket message: nearly right, wrong, or no JSON at all. */
export const junkFrame = (random: Random): string => {
  switch (random.below(8)) {
    case 0:
      return JSON.stringify(value(random));
    case 1: {
      const depth = random.pick([10, 1_000, 20_000]);
      return `${'{"type":"command","data":'.slice(0, random.below(26))}${'['.repeat(depth)}${']'.repeat(random.chance(0.8) ? depth : depth - 1)}`;
    }
    case 2:
      return JSON.stringify(Array.from({ length: random.pick([0, 2, 64, 65, 1_000]) }, () => ({ type: 'ping' })));
    case 3: {
      const text = JSON.stringify({ type: 'read', conversation: 'c', number: 1 });
      return text.slice(0, random.below(text.length));
    }
    case 4:
      return `{"type":"command","ref":"${uuid7(random)}","name":"message.send","data":{"__proto__":{"admin":true},"constructor":{"prototype":{}},"kind":"text","text":"x","conversation":"c1"}}`;
    case 5:
      return JSON.stringify({ type: 'command', ref: uuid7(random), name: random.pick([...Object.keys(COMMANDS), ...NAMES]), data: value(random) });
    default: {
      const type = random.pick(Object.keys(CLIENT_FRAMES).filter((name) => name !== 'hello'));
      return JSON.stringify({
        type,
        ...Object.fromEntries(Array.from({ length: random.below(5) }, () => [random.pick(NAMES), value(random)])),
        ...(random.chance(0.9) ? { type } : {}),
      });
    }
  }
};

const PATHS = [
  '/v1/accounts',
  '/v1/sessions',
  '/v1/sessions/refresh',
  '/v1/sessions/x',
  '/v1/sessions/others/',
  '/v1/me',
  '/v1/me/password',
  '/v1/users',
  '/v1/users/x',
  '/v1/sync',
  '/v1/conversations',
  '/v1/conversations/c1',
  '/v1/conversations/c1/members',
  '/v1/conversations/c1/messages',
  '/v1/commands',
  '/v1/ws',
  '/.well-known/jwks.json',
];
const TWISTS = [
  '',
  '/',
  '/..%2f..%2fetc%2fpasswd',
  '/%00',
  '/%E0%A4%A',
  '//',
  '/x'.repeat(300),
  '?',
  '?limit=-1',
  '?limit=1e9',
  '?limit=x',
  '?since=x',
  '?since=1.x.a=1',
  '?next=e30',
  `?next=${'x'.repeat(9_000)}`,
  '?before=1&after=1',
  '?query=%25',
  '?query=',
  '?__proto__[x]=1',
  '?a'.repeat(500),
];
const TYPES = ['application/json', 'application/json; charset=utf-16', 'text/plain', 'application/xml', 'multipart/form-data; boundary=x', ''];

export type JunkRequest = { readonly method: string; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body?: string };

/** Never `DELETE`: whoever sends this stays logged in. */
export const junkRequest = (random: Random, token: string): JunkRequest => {
  const method = random.pick(['GET', 'POST', 'PUT', 'PATCH', 'OPTIONS']);
  const headers: Record<string, string> = {
    ...(random.chance(0.7) ? { authorization: `Bearer ${random.chance(0.8) ? token : random.pick(['x', token.slice(0, -2), `${token}x`])}` } : {}),
    ...(random.chance(0.2) ? { traceparent: random.pick(['x', '00-0-0-0', 'x'.repeat(2_000)]) } : {}),
    ...(random.chance(0.2) ? { device: random.pick(['', '../x', 'x'.repeat(500)]) } : {}),
  };
  const path = random.pick(PATHS) + random.pick(TWISTS);
  if (method === 'GET' || method === 'OPTIONS') return { method, path, headers };
  const type = random.pick(TYPES);
  const body = random.pick([
    JSON.stringify(value(random)),
    junkFrame(random),
    '{"__proto__":{"x":1}}',
    '',
    `{"username":"x","password":"${'p'.repeat(200_000)}"}`,
  ]);
  return { method, path, headers: type ? { ...headers, 'content-type': type } : headers, body };
};
