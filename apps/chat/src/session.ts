import { createInterface } from 'node:readline/promises';
import { type ClientClock, isCode, logIn, register, request, SessionTokens } from '@clatter/client';
import type { SessionBody } from '@clatter/contract';
import type { FileStorage } from './storage.ts';

type Kept = { readonly refreshToken: string };
const FILE = 'session.json';

/** Reads a line without showing it. */
const askHidden = async (question: string): Promise<string> => {
  const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: true });
  process.stdout.write(question);
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (() => true) as typeof process.stdout.write;
  try {
    return await lines.question('');
  } finally {
    process.stdout.write = write;
    process.stdout.write('\n');
    lines.close();
  }
};

/** The session kept from last time, else logs in; who is not known yet is registered. @throws {ClatterError} */
export const openSession = async (base: string, username: string, clock: ClientClock, storage: FileStorage): Promise<SessionTokens> => {
  const keep = (session: SessionBody): void => storage.write(FILE, { refreshToken: session.refreshToken });
  const kept = storage.read<Kept>(FILE);
  if (kept?.refreshToken) {
    const tokens = new SessionTokens(base, clock, kept, keep);
    try {
      await tokens.get(false);
      return tokens;
    } catch (error) {
      if (!isCode(error, 'unauthenticated')) throw error;
    }
  }
  await request(`${base}/.well-known/jwks.json`).catch((error: unknown) => {
    throw isCode(error, 'unavailable') ? new Error(`${base} can not be reached. Does Clatter run there? npm start`) : error;
  });
  const password =
    process.env.CLATTER_PASSWORD ??
    (process.stdin.isTTY ? await askHidden(`Password of ${username} (a new name is registered; at least 10 characters): `) : '');
  if (!password) throw new Error('Set CLATTER_PASSWORD: there is no terminal to ask at.');
  const session = await enter(base, { username, password });
  keep(session);
  return new SessionTokens(base, clock, session, keep);
};

const enter = async (base: string, credentials: { username: string; password: string }): Promise<SessionBody> => {
  try {
    return await register(base, credentials);
  } catch (error) {
    if (!isCode(error, 'conflict')) throw error;
    return logIn(base, credentials);
  }
};
