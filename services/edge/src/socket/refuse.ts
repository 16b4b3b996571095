import type { ClatterError } from '@clatter/kernel';
import type { Core } from '../core.ts';
import type { Session } from './session.ts';
import { errorFrame } from './writer.ts';

/** Tells a session that never became live why, and closes it once that is written. */
export const refuse = (core: Core, session: Session, error: ClatterError): void => {
  core.send(session, errorFrame(error));
  const { code } = error;
  const reason = code === 'token_expired' || code === 'unauthenticated' ? 'token_expired' : 'unknown';
  queueMicrotask(() => core.close(session, reason));
};
