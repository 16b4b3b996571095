import type { EventFrame, MarkFrame } from '@clatter/contract';
import { applyToConversation, memberChanges, messagesOf, type TimelineRecord } from '@clatter/kernel';
import type { ClientRules } from '../rules.ts';
import { type ClientState, type HeldConversation, having, without } from './state.ts';

/** `gap`: the frame's `seq` does not follow what is held; the conversation must be synced. */
export type Applied = { readonly state: ClientState; readonly gap?: true };

/** One record of the log (protocol §5): the same functions that made the documents. Conversations not held are left alone. */
export const applyEvent = (state: ClientState, user: string, frame: EventFrame, rules: ClientRules = {}): Applied => {
  const held = state.get(frame.conversation);
  if (!held) return { state };
  const record: TimelineRecord = { conversation: frame.conversation, rev: frame.rev, at: frame.at, user: frame.actor.user, events: frame.events };
  const newer = rules.onlyNewer === false || frame.rev > held.doc.rev;
  const first = frame.events.find((e) => e.seq !== undefined)?.seq;
  if (newer && first !== undefined && first > held.doc.head.seq + 1) return { state, gap: true };
  const base = rules.onlyNewer === false ? { ...held.doc, rev: -1 } : held.doc;
  return {
    state: having(state, frame.conversation, {
      ...held,
      ...members(held, user, record),
      messages: messages(held, record, rules),
      doc: applyToConversation(base, record) ?? held.doc,
      rev: Math.max(held.rev, frame.rev),
    }),
  };
};

const messages = (held: HeldConversation, record: TimelineRecord, rules: ClientRules): HeldConversation['messages'] => {
  const made = messagesOf(record);
  if (made.length === 0) return held.messages;
  const next = new Map(held.messages);
  for (const message of made) {
    const known = next.get(message.number);
    // an old frame that a sync has overtaken: what it would add was left out on purpose, and comes with its page of history
    if (!known && record.rev <= held.doc.rev && rules.onlyNewer !== false) continue;
    if (!known || rules.onlyNewer === false || message.rev > known.rev) next.set(message.number, message);
  }
  return next;
};

const members = (held: HeldConversation, user: string, record: TimelineRecord): { own: HeldConversation['own'] } => {
  let { own } = held;
  for (const change of memberChanges(record)) {
    if (change.user !== user || record.rev <= own.rev) continue;
    own = change.to(own) ?? own; // leaving comes as the signal `conversation.left`
  }
  return { own };
};

export const applyMark = (state: ClientState, frame: MarkFrame, rules: ClientRules = {}): ClientState => {
  const held = state.get(frame.conversation);
  const known = held?.marks.get(frame.user);
  if (!held || (known && rules.onlyNewer !== false && frame.rev <= known.rev)) return state;
  const { conversation, user, number, rev } = frame;
  return having(state, conversation, { ...held, marks: new Map(held.marks).set(user, { conversation, user, number, rev }) });
};

/** After `left` everything of that conversation is dropped, unless the own row is newer: then it was joined again since. */
export const applyLeft = (state: ClientState, conversation: string, rev: number, rules: ClientRules = {}): ClientState => {
  const held = state.get(conversation);
  if (!held || (rules.leftRevRule !== false && rev < held.own.rev)) return state;
  return without(state, conversation);
};
