import { ClatterError } from '@clatter/kernel';
import type { Core } from '../core.ts';
import { refuse } from './refuse.ts';
import { frame } from './writer.ts';

/** One timer for all sessions: missed heartbeats (4009), tokens that end (`expiring`, then 4101), sessions that can't be connected. Returns what stops it. */
export const sweep = (core: Core, measure: () => void): (() => void) => {
  const { clock, report } = core.deps;
  let cancel = (): void => {};
  const once = (): void => {
    const now = clock.now();
    for (const session of core.registry.sessions.values()) {
      if ((session.state.is === 'checking' || session.state.is === 'connecting') && now >= session.state.until)
        refuse(core, session, new ClatterError('unavailable', 'The session could not be connected in time.', { after: 1_000 }));
      if (!session.live) continue;
      // two heartbeats at their longest (+20 %), and a little for the way
      if (now - session.heard > core.settings.heartbeat * 2.5) core.close(session, 'heartbeat_missed');
      else if (now >= session.expires) core.close(session, 'token_expired');
      else if (!session.expiringTold && session.expires - now <= core.settings.expiringBefore) {
        session.expiringTold = true;
        core.send(session, frame({ type: 'expiring', in: session.expires - now }));
      }
    }
    report.metrics.gauge('clatter_edge_sessions', core.registry.sessions.size);
    measure();
    cancel = clock.after(core.settings.sweepEvery, once);
  };
  cancel = clock.after(core.settings.sweepEvery, once);
  return () => cancel();
};
