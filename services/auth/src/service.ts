import { createHash, randomBytes } from 'node:crypto';
import { AUTH_COLLECTIONS, type SessionBody, type SessionItem, type UserBody } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import { type Clock, type DocumentStore, type Ids, UniqueViolation } from '@clatter/ports';
import { type Account, checkPassword, checkUsername, registered, rehashed, renamed } from './domain/account.ts';
import { judge, opened, revoked, rotated, rotatedAgain, type Session } from './domain/session.ts';
import { Throttle } from './domain/throttle.ts';
import { change, read, write } from './outbound/documents.ts';
import type { Keys } from './outbound/keys.jose.ts';
import type { Passwords } from './outbound/password.argon2.ts';

export type AuthSettings = {
  readonly refreshMs: number;
  /** of one user at once; a further log-in ends the oldest */
  readonly sessions: number;
  readonly rates: { readonly account: number; readonly address: number; readonly register: number };
};
export type AuthDeps = {
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keys: Pick<Keys, 'sign'>;
  readonly passwords: Passwords;
  /** something waits in an outbox */
  readonly published: () => void;
};

const ACCOUNTS = AUTH_COLLECTIONS.accounts.name;
const SESSIONS = AUTH_COLLECTIONS.sessions.name;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
const bodyOf = ({ user, username, name }: Account): UserBody => ({ user, username, name });

/** Accounts and sessions: what the routes of auth do. Errors are ClatterErrors. */
export class AuthService {
  readonly #d: AuthDeps;
  readonly #s: AuthSettings;
  readonly #byAccount: Throttle;
  readonly #byAddress: Throttle;
  readonly #registrations: Throttle;
  #nobody: Promise<string> | undefined;

  constructor(deps: AuthDeps, settings: AuthSettings) {
    this.#d = deps;
    this.#s = settings;
    this.#byAccount = new Throttle(settings.rates.account, Math.max(5, settings.rates.account * 50));
    this.#byAddress = new Throttle(settings.rates.address, Math.max(20, settings.rates.address * 20));
    this.#registrations = new Throttle(settings.rates.register, Math.max(20, settings.rates.register * 20));
  }

  /** @throws {ClatterError} bad_request | conflict | rate_limited */
  async register(o: { username: string; password: string; device?: string; address: string }): Promise<SessionBody> {
    const { clock, ids, store } = this.#d;
    this.#registrations.take(o.address, clock.now());
    checkUsername(o.username);
    checkPassword(o.password);
    const hash = await this.#d.passwords.hash(o.password);
    const account = registered(ids.uuid7(), o.username, hash, { at: clock.now(), id: ids.uuid7() });
    try {
      await write(store, ACCOUNTS, account.user, account);
    } catch (error) {
      if (error instanceof UniqueViolation) throw new ClatterError('conflict', 'This username is taken.');
      throw error;
    }
    return this.#open(account.user, o.device);
  }

  /** The same time and answer for an unknown name and a wrong password. @throws {ClatterError} unauthenticated | rate_limited | forbidden */
  async logIn(o: { username: string; password: string; device?: string; address: string }): Promise<SessionBody> {
    const { clock, passwords } = this.#d;
    const now = clock.now();
    const lower = o.username.toLowerCase();
    this.#byAddress.take(o.address, now);
    this.#byAccount.take(lower, now);
    const account = await this.#byName(lower);
    const { fits, outdated } = await passwords.verify(o.password, account?.passwordHash ?? (await this.#nobodys()));
    if (!account || !fits) throw new ClatterError('unauthenticated', 'Username or password is wrong.');
    if (account.disabled) throw new ClatterError('forbidden', 'This account is disabled.');
    if (outdated) {
      const hash = await passwords.hash(o.password);
      await this.#rehash(account, hash);
    }
    const body = await this.#open(account.user, o.device);
    // who changes the password ends the sessions that there are then: one that the former password opens in that moment must not stay
    const latest = await read<Account>(this.#d.store, ACCOUNTS, account.user);
    if (latest?.passwordHash === account.passwordHash || (latest && (await passwords.verify(o.password, latest.passwordHash)).fits)) return body;
    await this.#revoke(body.session);
    throw new ClatterError('unauthenticated', 'Username or password is wrong.');
  }

  /** Gives a new refresh token for the newest one (or the one before, within a minute); a former one ends the whole session. @throws {ClatterError} unauthenticated */
  async refresh(token: string, address: string): Promise<SessionBody> {
    const { clock, store } = this.#d;
    this.#byAddress.take(`r/${address}`, clock.now());
    const [id, secret] = token.split('.');
    if (!id || !secret) throw new ClatterError('unauthenticated', 'Log in again.');
    const next = randomBytes(32).toString('base64url');
    const refreshExpires = clock.now() + this.#s.refreshMs;
    for (let attempt = 0; attempt < 5; attempt++) {
      const session = await read<Session>(store, SESSIONS, id);
      const presented = session ? judge(session, sha256(secret), clock.now()) : 'unknown';
      if (session && presented === 'former') await this.#revoke(session.session); // stolen, or used twice: nobody goes on
      if (!session || (presented !== 'current' && presented !== 'unanswered')) throw new ClatterError('unauthenticated', 'Log in again.');
      const renewed =
        presented === 'current' ? rotated(session, sha256(next), refreshExpires, clock.now()) : rotatedAgain(session, sha256(next), refreshExpires);
      if (!(await write(store, SESSIONS, id, renewed))) continue;
      return this.#body(session.user, id, `${id}.${next}`, refreshExpires);
    }
    throw new ClatterError('unavailable', 'Too many refreshes at once.', { after: 500 });
  }

  async sessions(user: string, current: string): Promise<SessionItem[]> {
    return (await this.#live(user))
      .filter((s) => s.refreshExpires > this.#d.clock.now())
      .map(({ session, device, openedAt, usedAt }) => ({
        session,
        ...(device === undefined ? {} : { device }),
        openedAt,
        usedAt,
        current: session === current,
      }));
  }

  /** Ends one session of this user, `current`, or all `others`. @throws {ClatterError} not_found */
  async end(user: string, current: string, which: string): Promise<void> {
    if (which === 'others') {
      for (const { session } of await this.#live(user)) if (session !== current) await this.#revoke(session);
      return;
    }
    const id = which === 'current' ? current : which;
    const session = await read<Session>(this.#d.store, SESSIONS, id);
    if (session?.user !== user) throw new ClatterError('not_found', 'There is no such session.');
    await this.#revoke(id);
  }

  async me(user: string): Promise<UserBody> {
    const account = await read<Account>(this.#d.store, ACCOUNTS, user);
    if (!account) throw new ClatterError('not_found', 'There is no such user.');
    return bodyOf(account);
  }

  /** Each name stands in the log for ever: no faster than log-ins. @throws {ClatterError} not_found | rate_limited | unavailable */
  async rename(user: string, name: string): Promise<UserBody> {
    const { clock, ids, store } = this.#d;
    this.#byAccount.take(`n/${user}`, clock.now());
    const account = await change<Account>(store, ACCOUNTS, user, (a) => renamed(a, name, { at: clock.now(), id: ids.uuid7() }));
    if (!account) throw new ClatterError('not_found', 'There is no such user.');
    this.#d.published();
    return bodyOf(account);
  }

  /** Every other session ends. @throws {ClatterError} forbidden | bad_request | conflict where another change was faster */
  async changePassword(user: string, session: string, before: string, after: string): Promise<void> {
    this.#byAccount.take(user, this.#d.clock.now());
    const account = await read<Account>(this.#d.store, ACCOUNTS, user);
    if (!account || !(await this.#d.passwords.verify(before, account.passwordHash)).fits) throw new ClatterError('forbidden', 'The present password is wrong.');
    checkPassword(after);
    const hash = await this.#d.passwords.hash(after);
    if (!(await this.#rehash(account, hash))) throw new ClatterError('conflict', 'The password was changed meanwhile.');
    await this.end(user, session, 'others');
  }

  /** Users whose username begins with `query`, the exact one first. */
  async find(query: string, limit: number): Promise<UserBody[]> {
    const lower = query.toLowerCase();
    const exact = await this.#byName(lower);
    const after = await this.#d.store.range(ACCOUNTS, 'byUsername', { prefix: [], after: [lower], limit });
    const rest = after.map(({ doc }) => doc as unknown as Account).filter((a) => a.usernameLower.startsWith(lower));
    return [...(exact ? [exact] : []), ...rest].slice(0, limit).map(bodyOf);
  }

  /** Only where the password is still the one that was checked: hashing takes its time. */
  async #rehash(checked: Account, hash: string): Promise<boolean> {
    const now = await change<Account>(this.#d.store, ACCOUNTS, checked.user, (a) => (a.passwordHash === checked.passwordHash ? rehashed(a, hash) : undefined));
    return now?.passwordHash === hash;
  }

  /** A hash that fits nothing, for names that nobody has; made once. */
  #nobodys(): Promise<string> {
    this.#nobody ??= this.#d.passwords.hash(randomBytes(16).toString('hex')).catch((error: unknown) => {
      this.#nobody = undefined;
      throw error;
    });
    return this.#nobody;
  }

  /** Sessions that were not ended, newest first, among them expired ones. The limit lies far above `sessions`: only races get beyond that. */
  async #live(user: string): Promise<Session[]> {
    const found = await this.#d.store.range(SESSIONS, 'live', { prefix: [user], order: 'desc', limit: this.#s.sessions * 2 + 100 });
    return found.map(({ doc }) => doc as unknown as Session);
  }

  async #byName(lower: string): Promise<Account | undefined> {
    const [found] = await this.#d.store.range(ACCOUNTS, 'byUsername', { prefix: [lower], limit: 1 });
    return found?.doc as Account | undefined;
  }

  async #open(user: string, device: string | undefined): Promise<SessionBody> {
    const { clock, ids, store } = this.#d;
    const secret = randomBytes(32).toString('base64url');
    const refreshExpires = clock.now() + this.#s.refreshMs;
    const session = opened(
      { session: ids.uuid7(), user, ...(device === undefined ? {} : { device }), hash: sha256(secret), refreshExpires },
      { at: clock.now(), id: ids.uuid7() },
    );
    await write(store, SESSIONS, session.session, session);
    for (const { session: old } of (await this.#live(user)).slice(this.#s.sessions)) await this.#revoke(old);
    this.#d.published();
    return this.#body(user, session.session, `${session.session}.${secret}`, refreshExpires);
  }

  async #revoke(id: string): Promise<void> {
    const { clock, ids, store } = this.#d;
    await change<Session>(store, SESSIONS, id, (s) => revoked(s, { at: clock.now(), id: ids.uuid7() }));
    this.#d.published();
  }

  async #body(user: string, session: string, refreshToken: string, refreshExpires: number): Promise<SessionBody & { refreshToken: string }> {
    const { token, expires } = await this.#d.keys.sign(user, session);
    return { user, session, accessToken: token, expires, refreshToken, refreshExpires };
  }
}
