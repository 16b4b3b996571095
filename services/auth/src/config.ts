import { setting } from '@clatter/runtime';

/** Settings of auth. */
export const authConfig = {
  issuer: setting('text', 'CLATTER_ISSUER', 'issuer of access tokens', { default: 'clatter' }),
  audience: setting('text', 'CLATTER_AUDIENCE', 'audience of access tokens', { default: 'clatter' }),
  accessMinutes: setting('number', 'CLATTER_ACCESS_MINUTES', 'life of an access token, minutes', { default: 10, min: 0.05, max: 60 }),
  refreshDays: setting('number', 'CLATTER_REFRESH_DAYS', 'life of a refresh token, days', { default: 30, min: 0.01, max: 400 }),
  keyDays: setting('number', 'CLATTER_KEY_DAYS', 'days until the signing key is replaced', { default: 30, min: 0.01, max: 400 }),
  keySecret: setting('text', 'CLATTER_KEY_SECRET', 'encrypts signing keys at rest; empty: they are stored as they are', { default: '', secret: true }),
  argon2Memory: setting('number', 'CLATTER_ARGON2_KIB', 'memory of a password hash, KiB', { default: 19_456, min: 1_024 }),
  argon2Passes: setting('number', 'CLATTER_ARGON2_PASSES', 'passes of a password hash', { default: 2, min: 1, max: 20 }),
  hashes: setting('number', 'CLATTER_PASSWORD_HASHES', 'passwords checked or waiting to be checked at once', { default: 64, min: 1 }),
  sessions: setting('number', 'CLATTER_SESSIONS_PER_USER', 'sessions of one user at once; a further log-in ends the oldest', {
    default: 100,
    min: 1,
    max: 1_000,
  }),
  loginsPerAccount: setting('number', 'CLATTER_LOGINS_PER_ACCOUNT', 'log-in attempts per second for one account', { default: 0.1, min: 0.001 }),
  loginsPerAddress: setting('number', 'CLATTER_LOGINS_PER_ADDRESS', 'log-in attempts per second from one address', { default: 2, min: 0.01 }),
  registrationsPerAddress: setting('number', 'CLATTER_REGISTRATIONS_PER_ADDRESS', 'registrations per second from one address', { default: 1, min: 0.01 }),
  secureCookies: setting('flag', 'CLATTER_SECURE_COOKIES', 'cookies only over https', { default: false }),
};
