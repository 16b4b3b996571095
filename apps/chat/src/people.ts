import { request, type SessionTokens } from '@clatter/client';
import type { UserBody, UsersBody } from '@clatter/contract';

/** Names of people, looked up once. */
export class People {
  readonly #base: string;
  readonly #tokens: SessionTokens;
  readonly #names = new Map<string, string>();

  constructor(base: string, tokens: SessionTokens) {
    this.#base = base;
    this.#tokens = tokens;
  }

  async name(user: string): Promise<string> {
    const known = this.#names.get(user);
    if (known) return known;
    const found = await request<UserBody>(`${this.#base}/v1/users/${user}`, { token: await this.#tokens.get(false) }).catch(() => undefined);
    const name = found?.username ?? user;
    if (found) this.#names.set(user, name);
    return name;
  }

  /** @throws where nobody has this name */
  async find(username: string): Promise<UserBody> {
    const { users } = await request<UsersBody>(`${this.#base}/v1/users?query=${encodeURIComponent(username)}&limit=1`, {
      token: await this.#tokens.get(false),
    });
    const [found] = users;
    if (found?.username.toLowerCase() !== username.toLowerCase()) throw new Error(`There is no user ${username}.`);
    this.#names.set(found.user, found.username);
    return found;
  }
}
