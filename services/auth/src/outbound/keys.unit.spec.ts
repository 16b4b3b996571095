import { AUTH_COLLECTIONS } from '@clatter/contract';
import { freeHost, ManualClock, MemoryStore } from '@clatter/memory';
import { type TokenVerifier, tokenVerifier } from '@clatter/runtime';
import { describe, expect, it } from 'vitest';
import { Keys } from './keys.jose.ts';

const DAY = 86_400_000;
const MINUTE = 60_000;

const open = async (secret = '') => {
  const clock = new ManualClock();
  const store = new MemoryStore(freeHost('auth', clock));
  await store.ensure(Object.values(AUTH_COLLECTIONS));
  let n = 0;
  const ids = { random: () => 0.5, uuid7: () => '', name: () => `key${n++}` };
  const keys = (with_ = secret): Keys =>
    new Keys({ store, clock, ids, secret: with_, issuer: 'clatter', audience: 'clatter', rotateMs: 30 * DAY, accessMs: 10 * MINUTE });
  const first = keys();
  const verifier = (): TokenVerifier => tokenVerifier({ jwks: () => first.jwks(), issuer: 'clatter', audience: 'clatter', clock });
  return { clock, store, keys: first, another: keys, verifier };
};

const kidOf = (token: string): unknown => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid;

describe('signing keys', () => {
  it('sign what a verifier takes, for ten minutes', async () => {
    const { keys, verifier, clock } = await open();
    await keys.ensure();
    const { token, expires } = await keys.sign('anna', 's1');
    expect(await verifier().verify(token)).toEqual({ user: 'anna', session: 's1', expires });
    expect(expires - clock.now()).toBe(10 * MINUTE);
    await clock.advance(10 * MINUTE);
    await expect(verifier().verify(token)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('rotate: published at once, signing a minute later, so that a verifier with old keys never meets a new one; the old stays a day longer', async () => {
    const { keys, verifier, clock } = await open();
    await keys.ensure();
    await clock.advance(30 * DAY - 1);
    await keys.ensure();
    expect((await keys.jwks()).keys).toHaveLength(1);
    await clock.advance(1);
    await keys.ensure();
    expect((await keys.jwks()).keys.map((k) => k.kid)).toEqual(['key1', 'key0']);
    const early = await keys.sign('anna', 's1');
    expect(kidOf(early.token)).toBe('key0');
    await clock.advance(MINUTE);
    const late = await keys.sign('anna', 's1');
    expect(kidOf(late.token)).toBe('key1');
    for (const { token } of [early, late]) expect((await verifier().verify(token)).user).toBe('anna');
    await clock.advance(DAY);
    expect((await keys.jwks()).keys.map((k) => k.kid)).toEqual(['key1']);
  });

  it('a verifier that runs all the while learns of the new key when it meets it', async () => {
    const { keys, verifier, clock } = await open();
    await keys.ensure();
    const one = verifier();
    await one.verify((await keys.sign('anna', 's1')).token);
    await clock.advance(30 * DAY);
    await keys.ensure();
    await clock.advance(MINUTE);
    expect((await one.verify((await keys.sign('anna', 's1')).token)).session).toBe('s1');
  });

  it('are sealed at rest where there is a secret, and nothing private is published', async () => {
    const { keys, store, another } = await open('the secret of the operator');
    await keys.ensure();
    const stored = JSON.stringify(await store.scan('keys', undefined, 10));
    expect(stored).toContain('"sealed":"v1.');
    expect(stored).not.toContain('"d":');
    expect(JSON.stringify(await keys.jwks())).not.toContain('"d":');
    await keys.sign('anna', 's1');
    await expect(another('another secret').sign('anna', 's1')).rejects.toThrow();
  });
});
