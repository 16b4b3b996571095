import { channel, encodeCursor } from '@clatter/kernel';
import { type Core, EVENTS } from '../core.ts';
import type { Gathered, PendingJoin, Session } from '../socket/session.ts';

/**
 * A session's memberships change only by records on `user/<id>` (design §5): while it connects they are gathered and win over the rows
 * (what a row knows beyond them comes by the feed, docs/decisions/0008); when it is live a removal takes effect at its record, and a join as soon as its channel is applied.
 */
export const memberChanged = (core: Core, session: Session, change: Gathered): void => {
  if (session.state.is === 'connecting') {
    session.state.c.gathered.push(change);
    if (session.state.c.wanted) applyGathered(core, session.state.c.wanted, change);
  } else if (session.live) {
    if (change.kind === 'left') leftLive(core, session, change);
    else joinedLive(core, session, change);
  }
};

export const applyGathered = (core: Core, wanted: Set<string>, { conversation, kind }: Gathered): void => {
  if (core.rules.gatherWins === false) return;
  const { channels } = core.messaging;
  if (kind === 'joined' && !wanted.has(conversation)) {
    wanted.add(conversation);
    channels.ref(channel.conversation(conversation));
  }
  if (kind === 'left' && wanted.delete(conversation)) channels.unref(channel.conversation(conversation));
};

const leftLive = (core: Core, session: Session, { conversation, offset }: Gathered): void => {
  const { channels } = core.messaging;
  if (core.rules.removedStops !== false && core.registry.unsubscribe(session, conversation)) channels.unref(channel.conversation(conversation));
  if (core.rules.removalCancels !== false && session.pending?.delete(conversation)) channels.unref(channel.conversation(conversation));
  core.signal(session, 'conversation.left', { conversation }, offset);
  for (const tell of core.onLeft) tell(session);
};

const joinedLive = (core: Core, session: Session, { conversation, partition, offset }: Gathered): void => {
  const join: PendingJoin = { partition, offset };
  session.pending ??= new Map();
  if (!session.pending.has(conversation)) core.messaging.channels.ref(channel.conversation(conversation));
  session.pending.set(conversation, join);
  const over = (): boolean => session.closed || session.pending?.get(conversation) !== join;
  core.waiting.until(
    () => over() || core.messaging.isApplied(channel.conversation(conversation)),
    () => {
      if (!over()) finishJoin(core, session, conversation, join);
    },
  );
};

/** From here on the session is sent the conversation; the client syncs it up to `upto`. */
const finishJoin = (core: Core, session: Session, conversation: string, { partition, offset }: PendingJoin): void => {
  session.pending?.delete(conversation);
  if (session.subscribed.has(conversation)) core.messaging.channels.unref(channel.conversation(conversation)); // joined again: one reference is enough
  core.registry.subscribe(session, conversation);
  const at = core.messaging.watermarks() ?? {};
  const events = [...(at[EVENTS] ?? [])];
  events[partition] = Math.max(events[partition] ?? -1, offset);
  const upto = encodeCursor({ logId: core.messaging.logId ?? '', at: { ...at, [EVENTS]: events } });
  core.signal(session, 'conversation.joined', { conversation, upto }, offset);
};
