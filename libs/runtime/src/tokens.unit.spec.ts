import { generateKeyPairSync, sign } from 'node:crypto';
import { ManualClock } from '@clatter/memory';
import { forgeries } from '@clatter/testing';
import { describe, expect, it } from 'vitest';
import { type Jwks, tokenVerifier } from './tokens.jose.ts';

const clock = new ManualClock();
const seconds = Math.floor(clock.now() / 1_000);
const CLAIMS = { sub: 'anna', sid: 's1', iss: 'clatter', aud: 'clatter', iat: seconds, exp: seconds + 600 };

const key = (kid: string) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const part = (o: object): string => Buffer.from(JSON.stringify(o)).toString('base64url');
  const made = (claims: object): string => {
    const body = `${part({ alg: 'EdDSA', kid })}.${part(claims)}`;
    return `${body}.${sign(null, Buffer.from(body), privateKey).toString('base64url')}`;
  };
  return { jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'EdDSA', use: 'sig' }, made };
};

const ours = key('k1');
const verifier = (jwks: () => Promise<Jwks> = async () => ({ keys: [ours.jwk] }) as Jwks) =>
  tokenVerifier({ jwks, issuer: 'clatter', audience: 'clatter', clock });
const code = (token: string): Promise<string> =>
  verifier()
    .verify(token)
    .then(
      () => 'ok',
      (error: { code: string }) => error.code,
    );

describe('access tokens', () => {
  it('a good one says whose it is and when it ends', async () => {
    expect(await verifier().verify(ours.made(CLAIMS))).toEqual({ user: 'anna', session: 's1', expires: (seconds + 600) * 1_000 });
  });

  it.each(Object.entries(forgeries(ours.made(CLAIMS), ours.jwk)))('forged, %s: unauthenticated', async (_, token) => {
    expect(await code(token)).toBe('unauthenticated');
  });

  it.each([
    ['another audience', { aud: 'somebody' }],
    ['no audience', { aud: undefined }],
    ['another issuer', { iss: 'somebody' }],
    ['no user', { sub: undefined }],
    ['no session', { sid: undefined }],
    ['no end', { exp: undefined }],
    ['not yet good', { nbf: seconds + 60 }],
  ])('signed by us, but %s: unauthenticated', async (_, change) => {
    expect(await code(ours.made({ ...CLAIMS, ...change }))).toBe('unauthenticated');
  });

  it('one that has ended: token_expired, so that a client refreshes', async () => {
    expect(await code(ours.made({ ...CLAIMS, exp: seconds }))).toBe('token_expired');
    expect(await code(ours.made({ ...CLAIMS, exp: seconds, aud: 'somebody' }))).toBe('unauthenticated');
  });

  it('unknown keys make it look again, at most once per 10 s; keys that can not be had are unavailable only where there are none', async () => {
    let looked = 0;
    let keys: object[] = [ours.jwk];
    let away = false;
    const one = verifier(async () => {
      looked++;
      if (away) throw new Error('away');
      return { keys } as Jwks;
    });
    await one.verify(ours.made(CLAIMS));
    const next = key('k2');
    keys = [ours.jwk, next.jwk];
    for (let i = 0; i < 50; i++) await one.verify(key('nobody').made(CLAIMS)).catch(() => {});
    expect(looked).toBe(1);
    await clock.advance(10_001);
    expect((await one.verify(next.made(CLAIMS))).user).toBe('anna');
    expect(looked).toBe(2);
    away = true;
    await clock.advance(300_000);
    expect((await one.verify(ours.made(CLAIMS))).user).toBe('anna');
    await expect(verifier(() => Promise.reject(new Error('away'))).verify(ours.made(CLAIMS))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
