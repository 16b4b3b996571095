import type { SessionBody } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import type { ClientClock, Tokens } from './transport.ts';
import { request } from './transport.web.ts';

export type Credentials = { readonly username: string; readonly password: string };

const post = (url: string, body: object): Promise<SessionBody> => request<SessionBody>(url, { method: 'POST', body: { ...body, tokens: 'body' } });

/** @throws {ClatterError} conflict when the name is taken; bad_request; rate_limited */
export const register = (base: string, credentials: Credentials): Promise<SessionBody> => post(`${base}/v1/accounts`, credentials);

/** @throws {ClatterError} unauthenticated; rate_limited */
export const logIn = (base: string, credentials: Credentials): Promise<SessionBody> => post(`${base}/v1/sessions`, credentials);

/** Access tokens of a session, refreshed before they end; `changed` is told of every new refresh token before it is used. */
export class SessionTokens implements Tokens {
  readonly #base: string;
  readonly #clock: ClientClock;
  readonly #changed: (session: SessionBody) => void;
  #session: SessionBody | undefined;
  #refreshToken: string;
  #running: Promise<string> | undefined;

  constructor(base: string, clock: ClientClock, from: SessionBody | { readonly refreshToken: string }, changed: (session: SessionBody) => void = () => {}) {
    this.#base = base;
    this.#clock = clock;
    this.#changed = changed;
    this.#session = 'accessToken' in from ? from : undefined;
    this.#refreshToken = from.refreshToken ?? '';
  }

  get(fresh: boolean): Promise<string> {
    const session = this.#session;
    if (!fresh && session && session.expires - this.#clock.now() > 30_000) return Promise.resolve(session.accessToken);
    this.#running ??= this.#refresh().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #refresh(): Promise<string> {
    if (!this.#refreshToken) throw new ClatterError('unauthenticated', 'Log in again.');
    const session = await post(`${this.#base}/v1/sessions/refresh`, { refreshToken: this.#refreshToken });
    this.#session = session;
    this.#refreshToken = session.refreshToken ?? this.#refreshToken;
    this.#changed(session);
    return session.accessToken;
  }
}
