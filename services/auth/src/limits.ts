import type { LimitRow } from '@clatter/contract';
import { authConfig } from './config.ts';
import { OUTBOX, PASSWORD, USERNAME } from './domain/account.ts';
import { FORMER } from './domain/session.ts';
import { KEPT } from './domain/throttle.ts';

const of = (key: 'hashes' | 'sessions' | 'loginsPerAccount' | 'loginsPerAddress' | 'registrationsPerAddress', unit: string, beyond: string): LimitRow => ({
  value: authConfig[key].default ?? 0,
  unit,
  beyond,
});

/** Every limit of auth; docs/limits.md is made of it. */
export const AUTH_LIMITS = {
  username: { value: USERNAME.most, unit: `characters, ${USERNAME.least} at least`, beyond: '400 bad_request' },
  password: { value: PASSWORD.most, unit: `bytes, ${PASSWORD.least} characters at least`, beyond: '400 bad_request' },
  hashes: of('hashes', 'passwords checked or waiting to be checked at once', '503 unavailable'),
  sessions: of('sessions', 'sessions of a user at once', 'the oldest is ended'),
  loginsPerAccount: of('loginsPerAccount', 'attempts, or new names, per second on an account, 5 at once', '429 rate_limited'),
  loginsPerAddress: of('loginsPerAddress', 'attempts and refreshes per second from an address, 40 at once', '429 rate_limited'),
  registrationsPerAddress: of('registrationsPerAddress', 'registrations per second from an address, 20 at once', '429 rate_limited'),
  formerTokens: { value: FORMER, unit: 'former refresh tokens remembered per session', beyond: 'its reuse is refused and ends nothing' },
  outbox: { value: OUTBOX, unit: 'changes of an account that wait for the log', beyond: '503 unavailable' },
  throttles: { value: KEPT, unit: 'accounts and addresses whose rate is remembered', beyond: 'the least used is forgotten' },
} as const satisfies Record<string, LimitRow>;
