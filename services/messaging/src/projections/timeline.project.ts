import type { ConversationDoc, EventRecord, MemberDoc } from '@clatter/contract';
import { applyToConversation, type DocChange, type Fields, keyOf, memberChanges, messagesOf, type TimelineRecord } from '@clatter/kernel';

/** The part of a projector's source record that is read here: the decoded event and its offset. */
export type Sourced = { readonly offset: number; readonly value: unknown };

const timelineOf = ({ value, offset }: Sourced): TimelineRecord => {
  const { key, at, actor, events } = value as EventRecord;
  return { conversation: key, rev: offset, at, user: actor.user, events };
};

const fieldsOf = (doc: object): Fields => doc as Fields;

/** members, messages and conversations: the same functions that the client applies to frames (protocol §5, the law). */
export const projectTimeline = (record: Sourced): readonly DocChange[] => {
  const timeline = timelineOf(record);
  const { conversation } = timeline;
  const changes: DocChange[] = memberChanges(timeline).map(({ user, to }) => ({
    collection: 'members',
    key: keyOf.member(conversation, user),
    to: (row) => fieldsOf(to(row as MemberDoc | undefined) ?? { conversation, user, gone: true }),
  }));
  for (const message of messagesOf(timeline))
    changes.push({ collection: 'messages', key: keyOf.message(conversation, message.number), to: () => fieldsOf(message) });
  changes.push({ collection: 'conversations', key: conversation, to: (doc) => fieldsOf(checked(doc as ConversationDoc | undefined, timeline)) });
  return changes;
};

/** `seq` goes on without a gap, or the read model is not what the log says (P3). */
const checked = (doc: ConversationDoc | undefined, timeline: TimelineRecord): ConversationDoc => {
  const first = timeline.events.find((e) => e.seq !== undefined)?.seq;
  const next = applyToConversation(doc, timeline);
  if (first !== undefined && first !== (doc?.head.seq ?? 0) + 1) throw new Error(`${timeline.conversation}: seq ${first} follows ${doc?.head.seq ?? 0}`);
  if (!next) throw new Error(`${timeline.conversation}: its first record does not create it`);
  return next;
};
