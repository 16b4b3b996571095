import { register } from '@clatter/client';
import { CLOSE_CODES, ERROR_CODES, type SessionBody } from '@clatter/contract';
import { makeUuid7 } from '@clatter/kernel';
import { type RawSocket, rawSocket } from '@clatter/testing';
import { expect } from 'vitest';

let names = 0;
/** A new account. */
export const account = (url: string, name = 'user'): Promise<SessionBody> =>
  register(url, { username: `${name}${(++names).toString(36)}x${process.pid.toString(36)}`, password: 'correct horse battery' });

/** A socket that is live. */
export const live = async (url: string, session: SessionBody, device = 'raw'): Promise<RawSocket> => {
  const socket = await rawSocket(url);
  await socket.hello(session.accessToken, device);
  return socket;
};

export const uuid7 = (): string => makeUuid7(Date.now(), Math.floor(Math.random() * 4096), Math.random(), Math.random());

/** What a command is answered: `ok`, or the code. */
export const answer = async (socket: RawSocket, name: string, data: object, ref = uuid7()): Promise<string> => {
  await socket.send({ type: 'command', ref, name, data });
  const frame = await socket.next((f) => (f.type === 'ok' || f.type === 'error') && f.ref === ref);
  return frame.type === 'error' ? frame.code : 'ok';
};

/** The resident memory of a process, MiB, as its own /metrics says. */
export const memory = async (adminPort: number): Promise<number> => {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20;
};

const CODES: readonly string[] = Object.keys(ERROR_CODES);
const CLOSES: readonly number[] = [...Object.values(CLOSE_CODES).map((row) => row.code), 1007, 1009];

/** Every error that a socket was sent has a code of the table, and so has its close. */
export const wellBehaved = (socket: RawSocket, closed?: number): void => {
  for (const frame of socket.frames) if (frame.type === 'error') expect(CODES).toContain(frame.code);
  for (const frame of socket.frames) if (frame.type === 'error') expect(frame.code, frame.message).not.toBe('internal');
  if (closed !== undefined) expect(CLOSES).toContain(closed);
};
