import type { AccountDoc, AuthRecord } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';

/** What auth keeps of an account. */
export type Account = AccountDoc & {
  readonly usernameLower: string;
  readonly passwordHash: string;
  readonly createdAt: number;
  readonly outbox: readonly AuthRecord[];
  readonly outboxWaiting?: 1;
};

export const USERNAME = { least: 3, most: 32 };
export const PASSWORD = { least: 10, most: 256 };
const NAME = new RegExp(`^[a-z][a-z0-9._-]{${USERNAME.least - 1},${USERNAME.most - 1}}$`);
const RESERVED = new Set(['admin', 'administrator', 'root', 'system', 'support', 'clatter', 'everyone', 'here', 'all', 'me']);
const utf8 = new TextEncoder();

/** 3 to 32 of a–z 0–9 . _ -, beginning with a letter, in any case; unique without regard to case. @throws {ClatterError} bad_request */
export const checkUsername = (username: string): string => {
  const lower = username.toLowerCase();
  if (!NAME.test(lower)) throw new ClatterError('bad_request', 'A username has 3 to 32 characters of a–z, 0–9, ".", "_", "-" and begins with a letter.');
  if (RESERVED.has(lower)) throw new ClatterError('bad_request', 'This username is reserved.');
  return lower;
};

/** 10 characters at least, 256 bytes at most. @throws {ClatterError} bad_request */
export const checkPassword = (password: string): void => {
  if ([...password].length < PASSWORD.least) throw new ClatterError('bad_request', 'A password has at least 10 characters.');
  if (utf8.encode(password).length > PASSWORD.most) throw new ClatterError('bad_request', 'A password has at most 256 bytes.');
};

type About = { readonly at: number; readonly id: string };

export const registered = (user: string, username: string, passwordHash: string, { at, id }: About): Account =>
  withRecord(
    { user, username, usernameLower: username.toLowerCase(), name: username, passwordHash, createdAt: at, rev: 1, outbox: [] },
    'account.registered',
    { username, name: username },
    { at, id },
  );

/** records that wait in an account for the log */
export const OUTBOX = 20;

/** @throws {ClatterError} unavailable while too much of it is not published (P7) */
export const renamed = (account: Account, name: string, about: About): Account => {
  if (account.outbox.length >= OUTBOX) throw new ClatterError('unavailable', 'The last changes are not published yet.', { after: 1_000 });
  return withRecord({ ...account, name, rev: account.rev + 1 }, 'account.updated', { username: account.username, name }, about);
};

export const rehashed = (account: Account, passwordHash: string): Account => ({ ...account, passwordHash, rev: account.rev + 1 });

const withRecord = (account: Account, name: AuthRecord['name'], data: AuthRecord['data'], { at, id }: About): Account => ({
  ...account,
  outbox: [...account.outbox, { id, version: account.rev, at, name, user: account.user, data }],
  outboxWaiting: 1,
});
