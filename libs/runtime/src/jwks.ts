import type { Jwks } from './tokens.jose.ts';

/** Fetches public signing keys. @throws where they can't be had within 3 s */
export const fetchJwks = (url: string) => async (): Promise<Jwks> => {
  const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as Jwks;
};
