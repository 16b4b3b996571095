import type { MemberDoc } from '@clatter/contract';
import { ClatterError, channel } from '@clatter/kernel';
import type { ReadModels } from '@clatter/ports';
import { type Caller, type Core, EVENTS } from '../core.ts';
import { applyGathered } from '../fanout/membership.ts';
import type { Connecting, Session } from './session.ts';
import { frame } from './writer.ts';

/**
 * From a verified token to a live session, steps (a) to (d) of design §5.
 * @throws {ClatterError} unavailable when the read models can't be read in time
 */
export const connect = async (core: Core, session: Session, caller: Caller, device: string): Promise<void> => {
  session.user = caller.user;
  session.session = caller.session;
  session.device = device;
  session.expires = caller.expires;
  core.registry.named(session);
  core.messaging.channels.ref(channel.user(session.user));
  const c: Connecting = { gathered: [], wanted: undefined };
  const applied = (): boolean => core.messaging.isApplied(channel.user(session.user));
  await until(
    core,
    () => session.closed || applied(),
    () => {
      if (session.state.is === 'checking') session.state = { is: 'connecting', until: session.state.until, c }; // from this turn on changes are gathered
    },
  );
  if (session.closed) return;
  const from = core.messaging.watermarks() ?? {};
  if (await core.deps.accounts.isRevoked(session.session)) return core.close(session, 'session_revoked');
  if (session.closed) return;
  const readModels = core.deps.readModels.pinned(); // waited for and read in the same generation
  const reached = core.rules.rowsAtV0 === false || (await readModels.reached({ [EVENTS]: from[EVENTS] ?? [] }, core.settings.connectWithin));
  if (!reached) throw new ClatterError('unavailable', 'The read models are behind.', { after: 1_000 });
  const rows = await rowsOf(core, readModels, session.user);
  if (session.closed) return;
  const wanted = new Set<string>();
  c.wanted = wanted;
  for (const row of rows) {
    if (row.gone) continue;
    wanted.add(row.conversation);
    core.messaging.channels.ref(channel.conversation(row.conversation));
  }
  const byRow = [...wanted];
  for (const change of c.gathered) applyGathered(core, wanted, change);
  const early = core.rules.vAtLive === false ? core.cursor(session) : undefined;
  const awaited = (): readonly string[] => (core.rules.waitGathered === false ? byRow.filter((id) => wanted.has(id)) : [...wanted]);
  const ready = (): boolean => awaited().every((id) => core.messaging.isApplied(channel.conversation(id)));
  await until(
    core,
    () => session.closed || ready(),
    () => {
      if (!session.closed) welcome(core, session, wanted, early);
    },
  );
};

/** In one turn: what the cursor covers is exactly what the session was not sent. */
const welcome = (core: Core, session: Session, wanted: ReadonlySet<string>, early: string | undefined): void => {
  const cursor = early ?? core.cursor(session);
  if (cursor === undefined) return core.close(session, 'unknown');
  session.state = { is: 'live' };
  for (const conversation of wanted) core.registry.subscribe(session, conversation);
  const { settings, deps } = core;
  core.send(
    session,
    frame({
      type: 'welcome',
      session: session.session,
      user: session.user,
      cursor,
      now: deps.clock.now(),
      heartbeat: settings.heartbeat,
      limits: { frame: settings.frame, inFlight: settings.inFlight, refSpan: settings.refSpan },
      expires: session.expires,
    }),
  );
  deps.report.metrics.count('clatter_edge_sessions_opened_total');
  for (const tell of core.onLive) tell(session);
};

const until = (core: Core, ready: () => boolean, go: () => void): Promise<void> =>
  new Promise((resolve) =>
    core.waiting.until(ready, () => {
      go();
      resolve();
    }),
  );

const rowsOf = async (core: Core, readModels: ReadModels, user: string): Promise<MemberDoc[]> => {
  const { store } = core.deps;
  const rows: MemberDoc[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.range(readModels.collection('members'), 'byUser', {
      prefix: [user],
      limit: 500,
      ...(after === undefined ? {} : { after: [after] }),
    });
    for (const { doc } of page) rows.push(doc as unknown as MemberDoc);
    if (page.length < 500) return rows;
    after = rows.at(-1)?.conversation;
  }
};
