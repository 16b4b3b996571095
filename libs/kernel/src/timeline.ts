import type { ConversationDoc, Fact, MemberDoc, MessageDoc, TimelineEventName, TimelineEvents } from '@clatter/contract';

/** What an accepted record of a conversation and an `event` frame have in common. */
export type TimelineRecord = {
  readonly conversation: string;
  readonly rev: number;
  readonly at: number;
  readonly user: string;
  readonly events: readonly Omit<Fact, 'v'>[];
};

type Known = { [N in TimelineEventName]: { readonly name: N; readonly seq: number; readonly data: TimelineEvents[N] } }[TimelineEventName];

/** Facts of the timeline in order; private facts and those that this version does not know are left out. */
const facts = (record: TimelineRecord): readonly Known[] => record.events.filter((e) => e.seq !== undefined) as unknown as readonly Known[];

/**
 * The conversation's document after a record. The projector and the client apply the same function: that is the law of the client (protocol §5).
 * Returns the same document where the record is not newer.
 */
export const applyToConversation = (doc: ConversationDoc | undefined, record: TimelineRecord): ConversationDoc | undefined => {
  if (doc && record.rev <= doc.rev) return doc;
  let next = doc;
  for (const fact of facts(record)) {
    next = step(next, fact, record);
    if (next) next = { ...next, rev: record.rev, head: { ...next.head, seq: fact.seq } };
  }
  return next;
};

const step = (doc: ConversationDoc | undefined, fact: Known, { conversation, rev, at, user }: TimelineRecord): ConversationDoc | undefined => {
  if (fact.name === 'conversation.created') {
    const { kind, title } = fact.data;
    return {
      conversation,
      kind,
      ...(title === undefined ? {} : { title }),
      createdAt: at,
      creator: user,
      memberCount: 0,
      head: { seq: 0, number: 0, at },
      rev,
    };
  }
  if (!doc) return undefined;
  switch (fact.name) {
    case 'conversation.updated': {
      const { title = doc.title, topic = doc.topic, avatar = doc.avatar, slowMode = doc.slowMode } = fact.data;
      return { ...doc, ...given({ title, topic, avatar, slowMode }) };
    }
    case 'members.added':
      return { ...doc, memberCount: doc.memberCount + fact.data.members.length };
    case 'member.removed':
    case 'member.left':
      return { ...doc, memberCount: doc.memberCount - 1 };
    case 'message.sent': {
      const { number, text } = fact.data;
      return { ...doc, head: { ...doc.head, number, at, lastMessage: { number, author: user, text: preview(text), at } } };
    }
    default:
      return doc;
  }
};

/** Without what is undefined: a document has no empty fields, in no store. */
const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };

/** At most 140 code points: inbox rows show no more. */
const preview = (text: string): string => (text.length <= 140 ? text : `${[...text].slice(0, 139).join('')}…`);

/** The message documents that a record makes, by number. */
export const messagesOf = (record: TimelineRecord): readonly MessageDoc[] =>
  facts(record).flatMap((fact) => {
    if (fact.name !== 'message.sent') return [];
    return [{ ...fact.data, conversation: record.conversation, seq: fact.seq, at: record.at, author: record.user, rev: record.rev } as MessageDoc];
  });

export type MemberChange = { readonly user: string; readonly to: (row: MemberDoc | undefined) => MemberDoc | undefined };

/** How a record changes rows of members, in order. `to` gives undefined for who is not a member (any more). */
export const memberChanges = (record: TimelineRecord): readonly MemberChange[] => facts(record).flatMap((fact) => changesOf(fact, record));

const changesOf = (fact: Known, { conversation, rev }: TimelineRecord): readonly MemberChange[] => {
  switch (fact.name) {
    case 'members.added':
      return fact.data.members.map(({ user, role }) => ({
        user,
        to: () => ({ conversation, user, role, joinedRev: rev, joinedNumber: fact.data.joinedNumber, rev }),
      }));
    case 'member.removed':
    case 'member.left':
      return [{ user: fact.data.user, to: () => undefined }];
    case 'role.changed':
      return [{ user: fact.data.user, to: (row) => (row ? { ...row, role: fact.data.role, rev } : undefined) }];
    default:
      return [];
  }
};
