import type { ClientFrameOf } from '@clatter/contract';
import type { Core } from '../core.ts';
import { asError } from '../outbound/commandQueue.ts';
import { connect } from '../socket/connect.ts';
import type { Session } from '../socket/session.ts';
import { frame } from '../socket/writer.ts';

/** The first frame: who it is. A second connection of the same session and device replaces the first (4103). */
export const onHello = async (core: Core, session: Session, { version, token, device }: ClientFrameOf<'hello'>): Promise<void> => {
  if (version !== 1) return core.close(session, 'version_not_supported');
  if (session.state.is === 'silent') session.state.cancel();
  session.state = { is: 'checking' };
  try {
    const caller = await core.deps.tokens.verify(token);
    if (session.closed) return;
    for (const other of [...core.registry.ofUser(caller.user)]) {
      if (other.session === caller.session && other.device === device.id) core.close(other, 'session_replaced');
    }
    await connect(core, session, caller, device.id);
  } catch (cause) {
    if (session.closed) return;
    const error = asError(cause);
    if (error.code === 'internal') core.deps.report.log.error({ error: cause }, 'a session could not be opened');
    core.send(
      session,
      frame({ type: 'error', code: error.code, message: error.message, retry: error.retry, ...(error.after === undefined ? {} : { after: error.after }) }),
    );
    // after the frame has been written
    queueMicrotask(() => core.close(session, error.code === 'token_expired' || error.code === 'unauthenticated' ? 'token_expired' : 'unknown'));
  }
};
