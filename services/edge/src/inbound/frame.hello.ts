import type { ClientFrameOf } from '@clatter/contract';
import type { Core } from '../core.ts';
import { asError } from '../outbound/commandQueue.ts';
import { connect } from '../socket/connect.ts';
import { refuse } from '../socket/refuse.ts';
import type { Session } from '../socket/session.ts';

/** The first frame: who it is. A second connection of the same session and device replaces the first (4103). */
export const onHello = async (core: Core, session: Session, { version, token, device }: ClientFrameOf<'hello'>): Promise<void> => {
  if (version !== 1) return core.close(session, 'version_not_supported');
  if (session.state.is === 'silent') session.state.cancel();
  session.state = { is: 'checking', until: core.deps.clock.now() + core.settings.answerWithin };
  try {
    const caller = await core.deps.tokens.verify(token);
    if (session.closed) return;
    for (const other of core.registry.ofUser(caller.user)) {
      if (other.session === caller.session && other.device === device.id) core.close(other, 'session_replaced');
    }
    await connect(core, session, caller, device.id);
  } catch (cause) {
    if (session.closed) return;
    const error = asError(cause);
    if (error.code === 'internal') core.deps.report.log.error({ error: cause }, 'a session could not be opened');
    refuse(core, session, error);
  }
};
