import type { ClatterError } from '@clatter/kernel';
import type { Core } from '../core.ts';
import type { Session } from './session.ts';
import { frame } from './writer.ts';

/** Tells a session that never became live why, and closes it once that is written. */
export const refuse = (core: Core, session: Session, { code, message, retry, after }: ClatterError): void => {
  core.send(session, frame({ type: 'error', code, message, retry, ...(after === undefined ? {} : { after }) }));
  const reason = code === 'token_expired' || code === 'unauthenticated' ? 'token_expired' : 'unknown';
  queueMicrotask(() => core.close(session, reason));
};
