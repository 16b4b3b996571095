import { createHash } from 'node:crypto';
import { AUTH_COLLECTIONS, type SessionBody } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryStore } from '@clatter/memory';
import { describe, expect, it } from 'vitest';
import type { Account } from './domain/account.ts';
import type { Session } from './domain/session.ts';
import { argon2Passwords, type Passwords } from './outbound/password.argon2.ts';
import { AuthService, type AuthSettings } from './service.ts';

const PASSWORD = 'correct horse battery';
const DAY = 86_400_000;
const REAL = argon2Passwords({ memory: 1_024, passes: 1, waiting: 64 });

/** The service on a store in memory, with the real hashes and a count of them. */
const open = async (more: Partial<AuthSettings> & { readonly passwords?: Passwords } = {}) => {
  const clock = new ManualClock();
  const store = new MemoryStore(freeHost('auth', clock));
  await store.ensure(Object.values(AUTH_COLLECTIONS));
  const work = { hash: 0, verify: 0, published: 0 };
  const { passwords = REAL, ...settings } = more;
  const counted: Passwords = {
    hash: (password) => {
      work.hash++;
      return passwords.hash(password);
    },
    verify: (password, hash) => {
      work.verify++;
      return passwords.verify(password, hash);
    },
  };
  let n = 0;
  const service = (): AuthService =>
    new AuthService(
      {
        store,
        clock,
        ids: { random: () => 0.5, name: () => `n${n++}`, uuid7: () => `id${String(n++).padStart(4, '0')}` },
        keys: { sign: async (user, session) => ({ token: `${user}/${session}`, expires: clock.now() + 600_000 }) },
        passwords: counted,
        published: () => work.published++,
      },
      { refreshMs: 30 * DAY, sessions: 100, rates: { account: 1_000, address: 1_000, register: 1_000 }, ...settings },
    );
  return { clock, store, work, auth: service(), another: service };
};

const register = (auth: AuthService, username = 'anna'): Promise<SessionBody> => auth.register({ username, password: PASSWORD, address: 'here' });
const logIn = (auth: AuthService, username = 'anna', password = PASSWORD, address = 'here'): Promise<SessionBody> =>
  auth.logIn({ username, password, address });
const code = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error: unknown) => (error instanceof ClatterError ? error.code : String(error)),
  );
const tokenOf = (body: SessionBody): string => body.refreshToken ?? '';
const hashOf = (token: string): string =>
  createHash('sha256')
    .update(token.split('.')[1] ?? '')
    .digest('base64url');

describe('registering', () => {
  it('opens a session; the name is taken from then on, in any case', async () => {
    const { auth, store } = await open();
    const body = await register(auth, 'Anna.B');
    expect(await auth.me(body.user)).toEqual({ user: body.user, username: 'Anna.B', name: 'Anna.B' });
    expect(await code(register(auth, 'aNNA.b'))).toBe('conflict');
    const account = (await store.get('accounts', body.user)) as Account | undefined;
    expect(account?.passwordHash).toMatch(/^argon2id\$1024\$1\$/);
    expect(JSON.stringify(account)).not.toContain(PASSWORD);
  });

  it('of two at once with one name exactly one is registered', async () => {
    const { auth, another } = await open();
    expect((await Promise.all([code(register(auth)), code(register(another()))])).sort()).toEqual(['conflict', 'ok']);
  });

  it.each(['ab', '1anna', 'a'.repeat(33), 'an na', 'änna', 'admin', 'ME', ''])(
    'limit auth.username: %j: bad_request, before any hash is made',
    async (username) => {
      const { auth, work } = await open();
      expect(await code(register(auth, username))).toBe('bad_request');
      expect(work.hash).toBe(0);
    },
  );

  it.each([
    ['nine characters', 'a'.repeat(9)],
    ['nine of four bytes each', '🐘'.repeat(9)],
    ['257 bytes', 'a'.repeat(257)],
  ])('limit auth.password: %s: bad_request', async (_, password) => {
    const { auth } = await open();
    expect(await code(auth.register({ username: 'anna', password, address: 'here' }))).toBe('bad_request');
  });

  it('limit auth.registrationsPerAddress: an address registers at its rate after a burst of 20', async () => {
    const { auth, clock } = await open({ rates: { account: 1_000, address: 1_000, register: 1 }, passwords: cheap });
    const outcomes: string[] = [];
    for (let i = 0; i < 21; i++) outcomes.push(await code(register(auth, `anna${i}`)));
    expect(outcomes).toEqual([...Array.from({ length: 20 }, () => 'ok'), 'rate_limited']);
    await clock.advance(1_000);
    expect(await code(register(auth, 'ben'))).toBe('ok');
  });
});

/** Hashes that cost nothing, where what is tested is not them. */
const cheap: Passwords = {
  hash: async (password) => `plain ${password}`,
  verify: async (password, hash) => ({ fits: hash === `plain ${password}`, outdated: false }),
};

describe('logging in', () => {
  it('an unknown name and a wrong password get the same answer for the same work', async () => {
    const { auth, work } = await open();
    await register(auth);
    await code(logIn(auth, 'nobody')); // makes the hash that fits nothing
    const cost = async (username: string): Promise<unknown> => {
      const before = { ...work };
      const error = await logIn(auth, username, 'a wrong password').catch((e: ClatterError) => ({ code: e.code, message: e.message, after: e.after }));
      return { error, hash: work.hash - before.hash, verify: work.verify - before.verify };
    };
    expect(await cost('anna')).toEqual({ error: { code: 'unauthenticated', message: 'Username or password is wrong.', after: undefined }, hash: 0, verify: 1 });
    expect(await cost('nobody')).toEqual(await cost('anna'));
    expect(await cost('x'.repeat(64))).toEqual(await cost('anna'));
  });

  it('a log-in with the former password, under way while it is changed, neither brings it back nor stays', async () => {
    let during: (() => Promise<void>) | undefined;
    const passwords: Passwords = {
      hash: async (password) => `plain ${password}`,
      verify: async (password, hash) => {
        const fits = hash === `plain ${password}`;
        const meanwhile = during;
        during = undefined;
        await meanwhile?.();
        return { fits, outdated: fits };
      },
    };
    const { auth, store } = await open({ passwords });
    const mine = await register(auth);
    during = () => auth.changePassword(mine.user, mine.session, PASSWORD, 'another password');
    expect(await code(logIn(auth))).toBe('unauthenticated');
    expect(((await store.get('accounts', mine.user)) as Account | undefined)?.passwordHash).toBe('plain another password');
    expect((await auth.sessions(mine.user, mine.session)).map(({ session }) => session)).toEqual([mine.session]);
    expect(await code(logIn(auth, 'anna', 'another password'))).toBe('ok');
  });

  it('a hash of other parameters is made anew when the password fits', async () => {
    const { auth, store, another } = await open();
    const { user } = await register(auth);
    const strong = await open({ passwords: argon2Passwords({ memory: 2_048, passes: 1, waiting: 4 }) });
    await strong.store.put('accounts', user, (await store.get('accounts', user)) ?? { rev: 0 });
    await logIn(strong.auth);
    expect(((await strong.store.get('accounts', user)) as Account | undefined)?.passwordHash).toMatch(/^argon2id\$2048\$1\$/);
    expect(await code(logIn(strong.auth))).toBe('ok');
    expect(await code(logIn(another()))).toBe('ok');
  });

  it('limit auth.loginsPerAccount: attempts on one account are throttled from wherever they come', async () => {
    const { auth, clock } = await open({ rates: { account: 0.1, address: 1_000, register: 1_000 }, passwords: cheap });
    await register(auth);
    for (let i = 0; i < 5; i++) expect(await code(logIn(auth, 'Anna', 'wrong', `from ${i}`))).toBe('unauthenticated');
    const refused = await logIn(auth, 'anna', PASSWORD, 'elsewhere').catch((e: ClatterError) => e);
    expect(refused).toMatchObject({ code: 'rate_limited', after: 10_000 });
    expect(await code(logIn(auth, 'ben', 'wrong', 'elsewhere'))).toBe('unauthenticated');
    await clock.advance(10_000);
    expect(await code(logIn(auth))).toBe('ok');
  });

  it('limit auth.loginsPerAddress: attempts from one address are throttled whomever they name', async () => {
    const { auth } = await open({ rates: { account: 1_000, address: 2, register: 1_000 }, passwords: cheap });
    const outcomes: string[] = [];
    for (let i = 0; i < 41; i++) outcomes.push(await code(logIn(auth, `user${i}`)));
    expect(outcomes.filter((o) => o === 'unauthenticated')).toHaveLength(40);
    expect(outcomes.at(-1)).toBe('rate_limited');
    expect(await code(logIn(auth, 'anna', PASSWORD, 'there'))).toBe('unauthenticated');
  });

  it('limit auth.hashes: more passwords at once than are checked at once: unavailable, and it goes on', async () => {
    const passwords = argon2Passwords({ memory: 1_024, passes: 1, waiting: 3 });
    const hash = await passwords.hash(PASSWORD);
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => code(passwords.verify(PASSWORD, hash))));
    expect(outcomes).toEqual(['ok', 'ok', 'ok', 'unavailable', 'unavailable']);
    expect(await passwords.verify(PASSWORD, hash)).toEqual({ fits: true, outdated: false });
    expect(await passwords.verify('another password', hash)).toEqual({ fits: false, outdated: false });
    expect(await passwords.verify(PASSWORD, 'md5$abc')).toEqual({ fits: false, outdated: true });
  });
});

describe('refreshing', () => {
  it('gives a new token each time; the newest is good', async () => {
    const { auth } = await open();
    const first = await register(auth);
    const second = await auth.refresh(tokenOf(first), 'here');
    const third = await auth.refresh(tokenOf(second), 'here');
    expect(new Set([first, second, third].map(tokenOf)).size).toBe(3);
    expect(third.session).toBe(first.session);
  });

  it('a former token ends the family: nobody goes on, neither the thief nor the owner', async () => {
    const { auth, clock, store } = await open();
    const first = await register(auth);
    const second = await auth.refresh(tokenOf(first), 'here');
    await clock.advance(60_001);
    expect(await code(auth.refresh(tokenOf(first), 'thief'))).toBe('unauthenticated');
    expect(await code(auth.refresh(tokenOf(second), 'here'))).toBe('unauthenticated');
    expect(await store.get('sessions', first.session)).toMatchObject({ revoked: true });
  });

  it('a token that never was one ends nothing', async () => {
    const { auth } = await open();
    const first = await register(auth);
    for (const token of ['', 'x', '.', `${first.session}.x`, 'nobody.x', `${tokenOf(first)}x`, '__proto__.x'])
      expect(await code(auth.refresh(token, 'here')), token).toBe('unauthenticated');
    expect(await code(auth.refresh(tokenOf(first), 'here'))).toBe('ok');
  });

  it('a refresh whose answer was lost can be tried again', async () => {
    const { auth, another } = await open();
    const first = await register(auth);
    await auth.refresh(tokenOf(first), 'here');
    const again = await another().refresh(tokenOf(first), 'here');
    expect(await code(auth.refresh(tokenOf(again), 'here'))).toBe('ok');
  });

  it('the same token at three processes at once: one of the three goes on, and when another tries to, the family ends', async () => {
    const { auth, another, store } = await open();
    const first = await register(auth);
    const given = await Promise.all([auth, another(), another()].map((one) => one.refresh(tokenOf(first), 'here')));
    const { current } = (await store.get('sessions', first.session)) as unknown as { current: string };
    const replaced = given.filter((body) => hashOf(tokenOf(body)) !== current);
    expect(replaced.length).toBe(2);
    expect(await code(auth.refresh(tokenOf(replaced[0] as SessionBody), 'here'))).toBe('unauthenticated');
    expect(await store.get('sessions', first.session)).toMatchObject({ revoked: true });
  });

  it('a token that was not used for its life is no token any more', async () => {
    const { auth, clock } = await open({ refreshMs: 5_000 });
    const first = await register(auth);
    await clock.advance(5_000);
    expect(await code(auth.refresh(tokenOf(first), 'here'))).toBe('unauthenticated');
  });

  it('limit auth.formerTokens: the twentieth former token is remembered, and one before it ends nothing', async () => {
    const { auth } = await open();
    const tokens = [tokenOf(await register(auth))];
    for (let i = 0; i < 21; i++) tokens.push(tokenOf(await auth.refresh(tokens.at(-1) ?? '', 'here')));
    expect(await code(auth.refresh(tokens[0] ?? '', 'here'))).toBe('unauthenticated');
    expect(await code(auth.refresh(tokens.at(-1) ?? '', 'here'))).toBe('ok');
    expect(await code(auth.refresh(tokens[2] ?? '', 'here'))).toBe('unauthenticated');
    expect((await auth.sessions((await logIn(auth)).user, '')).length).toBe(1);
  });
});

describe('sessions', () => {
  it('are listed newest first, the current one marked, ended and expired ones left out', async () => {
    const { auth, clock } = await open({ refreshMs: 10_000 });
    const first = await register(auth);
    await clock.advance(6_000);
    const second = await auth.logIn({ username: 'anna', password: PASSWORD, device: 'laptop', address: 'here' });
    const third = await logIn(auth);
    await auth.end(first.user, second.session, third.session);
    expect(await auth.sessions(first.user, second.session)).toMatchObject([
      { session: second.session, device: 'laptop', current: true },
      { session: first.session, current: false },
    ]);
    await clock.advance(4_000);
    expect((await auth.sessions(first.user, second.session)).map((s) => s.session)).toEqual([second.session]);
  });

  it('end by id, as `current` and as `others`; those of somebody else do not exist', async () => {
    const { auth } = await open();
    const mine = await register(auth);
    const theirs = await register(auth, 'ben');
    const more = [await logIn(auth), await logIn(auth)];
    expect(await code(auth.end(mine.user, mine.session, theirs.session))).toBe('not_found');
    expect(await code(auth.end(mine.user, mine.session, 'nothing'))).toBe('not_found');
    await auth.end(mine.user, mine.session, 'others');
    expect((await auth.sessions(mine.user, mine.session)).map((s) => s.session)).toEqual([mine.session]);
    expect(await code(auth.refresh(tokenOf(more[0] as SessionBody), 'here'))).toBe('unauthenticated');
    await auth.end(mine.user, mine.session, 'current');
    expect(await auth.sessions(mine.user, mine.session)).toEqual([]);
    expect(await code(auth.refresh(tokenOf(theirs), 'here'))).toBe('ok');
  });

  it('limit auth.sessions: one more than a user may have ends the oldest; all are within the reach of `others`', async () => {
    const { auth, clock } = await open({ sessions: 3, passwords: cheap });
    const first = await register(auth);
    const later: SessionBody[] = [];
    for (let i = 0; i < 5; i++) {
      await clock.advance(1);
      later.push(await logIn(auth));
    }
    const last = later.at(-1) as SessionBody;
    expect((await auth.sessions(first.user, last.session)).map((s) => s.session)).toEqual(
      later
        .slice(-3)
        .reverse()
        .map((s) => s.session),
    );
    expect(await code(auth.refresh(tokenOf(first), 'here'))).toBe('unauthenticated');
    await auth.end(first.user, last.session, 'others');
    expect((await auth.sessions(first.user, last.session)).map((s) => s.session)).toEqual([last.session]);
  });

  it('every change stands in the outbox of its document in order, until it is published', async () => {
    const { auth, store, work } = await open();
    const first = await register(auth);
    await auth.end(first.user, first.session, 'current');
    expect(((await store.get('sessions', first.session)) as Session | undefined)?.outbox).toMatchObject([
      { name: 'session.opened', version: 1, user: first.user },
      { name: 'session.revoked', version: 2, data: { session: first.session } },
    ]);
    expect(work.published).toBeGreaterThanOrEqual(2);
  });
});

describe('an account', () => {
  it('its shown name can be changed, its username stays', async () => {
    const { auth, store } = await open();
    const { user } = await register(auth);
    expect(await auth.rename(user, 'Anna B.')).toEqual({ user, username: 'anna', name: 'Anna B.' });
    expect(await auth.me(user)).toEqual({ user, username: 'anna', name: 'Anna B.' });
    expect(((await store.get('accounts', user)) as Account | undefined)?.outbox.map((r) => [r.name, r.version])).toEqual([
      ['account.registered', 1],
      ['account.updated', 2],
    ]);
    expect(await code(auth.rename('nobody', 'x'))).toBe('not_found');
  });

  it('limits auth.outbox, auth.loginsPerAccount: names are taken no faster than log-ins, and not while twenty wait for the log', async () => {
    const { auth, store } = await open();
    const { user } = await register(auth); // its record waits too
    for (let i = 1; i < 20; i++) expect(await code(auth.rename(user, `name ${i}`))).toBe('ok');
    expect(await code(auth.rename(user, 'one more'))).toBe('unavailable');
    expect(((await store.get('accounts', user)) as Account | undefined)?.outbox).toHaveLength(20);
    const slow = await open({ rates: { account: 0.1, address: 1_000, register: 1_000 }, passwords: cheap });
    const other = await register(slow.auth);
    for (let i = 0; i < 5; i++) expect(await code(slow.auth.rename(other.user, `name ${i}`))).toBe('ok');
    expect(await code(slow.auth.rename(other.user, 'one more'))).toBe('rate_limited');
  });

  it('a new password: the old one is no good, and every other session ends', async () => {
    const { auth } = await open();
    const mine = await register(auth);
    const other = await logIn(auth);
    expect(await code(auth.changePassword(mine.user, mine.session, 'not the password', 'another password'))).toBe('forbidden');
    expect(await code(auth.changePassword(mine.user, mine.session, PASSWORD, 'short'))).toBe('bad_request');
    expect(await code(auth.refresh(tokenOf(other), 'here'))).toBe('ok');
    await auth.changePassword(mine.user, mine.session, PASSWORD, 'another password');
    expect((await auth.sessions(mine.user, mine.session)).map((s) => s.session)).toEqual([mine.session]);
    expect(await code(logIn(auth))).toBe('unauthenticated');
    expect(await code(logIn(auth, 'anna', 'another password'))).toBe('ok');
  });

  it('is found by the beginning of its username, the exact one first', async () => {
    const { auth } = await open({ passwords: cheap });
    for (const name of ['annabel', 'anna', 'Anna2', 'ben']) await register(auth, name);
    expect((await auth.find('ANNA', 10)).map((u) => u.username)).toEqual(['anna', 'Anna2', 'annabel']);
    expect((await auth.find('anna', 2)).map((u) => u.username)).toEqual(['anna', 'Anna2']);
    expect(await auth.find('zoe', 10)).toEqual([]);
    expect(await code(auth.me('nobody'))).toBe('not_found');
  });
});
