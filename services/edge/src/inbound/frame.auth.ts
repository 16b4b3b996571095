import type { ClientFrameOf } from '@clatter/contract';
import type { Core } from '../core.ts';
import { asError } from '../outbound/commandQueue.ts';
import type { Session } from '../socket/session.ts';
import { frame } from '../socket/writer.ts';

/** A fresh token for the same user and session; anything else changes nothing. */
export const onAuth = async (core: Core, session: Session, { token }: ClientFrameOf<'auth'>): Promise<void> => {
  try {
    const caller = await core.deps.tokens.verify(token);
    if (session.closed) return;
    if (caller.user !== session.user || caller.session !== session.session)
      return core.send(session, refused('forbidden', 'This token is of another session.'));
    session.expires = Math.max(session.expires, caller.expires);
    session.expiringTold = false;
  } catch (cause) {
    const { code, message } = asError(cause);
    core.send(session, refused(code, message));
  }
};

const refused = (code: ReturnType<typeof asError>['code'], message: string) => frame({ type: 'error', code, message, retry: 'never' });
