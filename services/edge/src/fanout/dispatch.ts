import {
  type EventFrame,
  type EventRecord,
  type Fact,
  type FeedRecord,
  HEADER,
  type MarkRecord,
  type TimelineEvents,
  type TypingRecord,
} from '@clatter/contract';
import { channel, splitChannels, traceId } from '@clatter/kernel';
import { type Core, MARKS } from '../core.ts';
import { frame } from '../socket/writer.ts';
import { memberChanged } from './membership.ts';

/** Who else wants to know what a record says. */
export type Listeners = { answer(record: EventRecord): void; marked(conversation: string, user: string, number: number): void };

/** One record of the messaging feed to the sessions it concerns: parsed once, serialised once. */
export const dispatch = (core: Core, topic: string, partition: number, record: FeedRecord, listeners: Listeners): void => {
  if (topic === MARKS) return dispatchMark(core, record, listeners);
  const event = JSON.parse(record.value) as EventRecord;
  const conversation = event.key;
  core.deps.report.log.debug({ trace: traceId(record.headers[HEADER.trace]), conversation, rev: record.offset }, 'a record goes to its sessions');
  if (event.outcome === 'accepted') {
    const sessions = core.registry.ofConversation(conversation);
    if (sessions.size > 0) {
      core.deps.report.metrics.observe('clatter_edge_delivery_seconds', Math.max(0, core.deps.clock.now() - record.at) / 1_000);
      const out = frame(eventFrame(event, record.offset));
      for (const session of sessions) core.send(session, out);
    }
    for (const fact of event.events) changeMembers(core, conversation, partition, record.offset, fact);
  }
  // the answer comes after the event on the sender's own socket (protocol §1)
  if (event.origin.edge === core.instance) listeners.answer(event);
};

const eventFrame = ({ key, at, actor, events }: EventRecord, rev: number): EventFrame => ({
  type: 'event',
  conversation: key,
  rev,
  at,
  actor: { user: actor.user, device: actor.device },
  events: events.map(({ name, seq, data }) => ({ name, ...(seq === undefined ? {} : { seq }), data })),
});

const changeMembers = (core: Core, conversation: string, partition: number, offset: number, { name, data }: Fact): void => {
  const each = (user: string, kind: 'joined' | 'left'): void => {
    for (const session of core.registry.ofUser(user)) memberChanged(core, session, { conversation, partition, offset, kind });
  };
  if (name === 'members.added') for (const { user } of (data as unknown as TimelineEvents['members.added']).members) each(user, 'joined');
  if (name === 'member.removed' || name === 'member.left') each((data as unknown as TimelineEvents['member.left']).user, 'left');
};

const dispatchMark = (core: Core, record: FeedRecord, listeners: Listeners): void => {
  const { conversation, user, number } = JSON.parse(record.value) as MarkRecord;
  listeners.marked(conversation, user, number);
  const out = frame({ type: 'mark', conversation, user, number, rev: record.offset });
  // in large conversations a mark is addressed to the reader alone
  const toAll = splitChannels(record.headers[HEADER.channels]).includes(channel.conversation(conversation));
  for (const session of toAll ? core.registry.ofConversation(conversation) : core.registry.ofUser(user)) {
    if (session.subscribed.has(conversation)) core.send(session, out);
  }
};

export const dispatchTyping = (core: Core, record: FeedRecord): void => {
  const { conversation, user, on } = JSON.parse(record.value) as TypingRecord;
  const out = frame({ type: 'typing', conversation, user, on });
  for (const session of core.registry.ofConversation(conversation)) if (session.user !== user) core.send(session, out);
};
