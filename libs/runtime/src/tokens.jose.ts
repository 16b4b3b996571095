import { ClatterError } from '@clatter/kernel';
import type { Clock } from '@clatter/ports';
import { createLocalJWKSet, errors, type JSONWebKeySet, jwtVerify } from 'jose';

/** Who a token speaks for; `expires` in ms since the epoch. */
export type Caller = { readonly user: string; readonly session: string; readonly expires: number };
export interface TokenVerifier {
  /** @throws {ClatterError} unauthenticated | token_expired | unavailable */
  verify(token: string): Promise<Caller>;
}
export type Jwks = JSONWebKeySet;

export type VerifierOptions = { readonly jwks: () => Promise<Jwks>; readonly issuer: string; readonly audience: string; readonly clock: Clock };

const REFETCH = 10_000;
const CACHED = 300_000;

/** Verifies access tokens (EdDSA only, issuer and audience checked). Keys are kept 5 min, and fetched again for a key not known, at most once per 10 s. */
export const tokenVerifier = ({ jwks, issuer, audience, clock }: VerifierOptions): TokenVerifier => {
  let keys: ReturnType<typeof createLocalJWKSet> | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  const fetchKeys = async (): Promise<ReturnType<typeof createLocalJWKSet>> => {
    try {
      keys = createLocalJWKSet(await jwks());
      fetchedAt = clock.now();
      return keys;
    } catch (cause) {
      if (keys) return keys;
      throw new ClatterError('unavailable', 'The signing keys can not be read.', { cause, after: 1_000 });
    }
  };
  const check = async (token: string, using: ReturnType<typeof createLocalJWKSet>): Promise<Caller> => {
    const { payload } = await jwtVerify(token, using, {
      issuer,
      audience,
      algorithms: ['EdDSA', 'Ed25519'],
      requiredClaims: ['sub', 'sid', 'exp'],
      currentDate: new Date(clock.now()),
    });
    return { user: String(payload.sub), session: String(payload.sid), expires: (payload.exp as number) * 1_000 };
  };
  return {
    verify: async (token) => {
      const now = keys && clock.now() - fetchedAt < CACHED ? keys : await fetchKeys();
      try {
        return await check(token, now);
      } catch (error) {
        if (error instanceof errors.JWTExpired) throw new ClatterError('token_expired', 'The access token has ended.');
        if (error instanceof errors.JWKSNoMatchingKey && clock.now() - fetchedAt > REFETCH) {
          return check(token, await fetchKeys()).catch((cause: unknown) => {
            throw refused(cause);
          });
        }
        throw refused(error);
      }
    },
  };
};

const refused = (cause: unknown): ClatterError => new ClatterError('unauthenticated', 'The access token is not valid.', { cause });
