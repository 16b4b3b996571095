import { createHmac, generateKeyPairSync, sign } from 'node:crypto';

type Part = Readonly<Record<string, unknown>>;

const text = (part: Part): string => Buffer.from(JSON.stringify(part)).toString('base64url');
const parsed = (part: string | undefined): Part => JSON.parse(Buffer.from(part ?? '', 'base64url').toString()) as Part;

/**
 * What somebody without the signing key can make of a good access token (`kid`, claims and all), by how it is made.
 * `publicKey`: the published key, which the confusion of algorithms takes for a secret.
 */
export const forgeries = (token: string, publicKey: object): Readonly<Record<string, string>> => {
  const [head, body, signature = ''] = token.split('.');
  const header = parsed(head);
  const claims = parsed(body);
  const foreign = generateKeyPairSync('ed25519').privateKey;
  const signed = (h: Part, c: Part): string => `${text(h)}.${text(c)}.${sign(null, Buffer.from(`${text(h)}.${text(c)}`), foreign).toString('base64url')}`;
  const hmac = (h: Part, c: Part): string =>
    `${text(h)}.${text(c)}.${createHmac('sha256', JSON.stringify(publicKey))
      .update(`${text(h)}.${text(c)}`)
      .digest('base64url')}`;
  return {
    'alg none': `${text({ ...header, alg: 'none' })}.${body}.`,
    'alg None, with the signature': `${text({ ...header, alg: 'None' })}.${body}.${signature}`,
    'HS256 with the public key as secret': hmac({ ...header, alg: 'HS256' }, claims),
    'another key under the same kid': signed(header, claims),
    'another key under a kid nobody has': signed({ ...header, kid: 'nobody' }, claims),
    'a key brought along in the header': signed({ ...header, jwk: publicKey, jku: 'http://127.0.0.1:1/' }, claims),
    'another user under the old signature': `${head}.${text({ ...claims, sub: 'somebody-else' })}.${signature}`,
    'a later end under the old signature': `${head}.${text({ ...claims, exp: 4_000_000_000 })}.${signature}`,
    'half of the signature': `${head}.${body}.${signature.slice(0, 40)}`,
    'no signature': `${head}.${body}.`,
    'two parts': `${head}.${body}`,
    'no token at all': 'x',
    empty: '',
  };
};
