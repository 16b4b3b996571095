import type { MessageDoc, SyncConversation } from '@clatter/contract';
import type { ClientRules } from '../rules.ts';
import { applyLeft } from './applyFrame.ts';
import { type ClientState, type HeldConversation, having, lowest } from './state.ts';

/** One conversation of a page of sync (protocol §5). Its frames are held back until the sync has ended. */
export const applySync = (state: ClientState, page: SyncConversation, rules: ClientRules = {}): ClientState => {
  if (page.left) return applyLeft(state, page.conversation, page.left.rev, rules);
  const held = state.get(page.conversation);
  if (page.fresh && (!held || rules.fullReplaces !== false)) return fresh(state, page);
  if (!held) return state;
  return having(state, page.conversation, merge(held, page, rules));
};

const fresh = (state: ClientState, { conversation, doc, own, messages, marks }: SyncConversation): ClientState => {
  if (!doc || !own) return state;
  return having(state, conversation, {
    doc,
    own,
    messages: new Map(messages?.map((m) => [m.number, m])),
    marks: new Map(marks?.map((m) => [m.user, m])),
    rev: greatest(doc.rev, messages),
  });
};

const merge = (held: HeldConversation, page: SyncConversation, rules: ClientRules): HeldConversation => {
  const newer = (rev: number, known: number | undefined): boolean => rules.onlyNewer === false || known === undefined || rev > known;
  const messages = new Map(held.messages);
  const lowestGiven = page.messages?.[0]?.number ?? Number.POSITIVE_INFINITY;
  if (page.limited && rules.limitedDrops !== false) for (const number of [...messages.keys()]) if (number < lowestGiven) messages.delete(number);
  const low = messages.size > 0 ? lowest({ ...held, messages }) : 0;
  for (const message of page.messages ?? []) {
    const known = messages.get(message.number);
    // a change of an old message that is not held: it comes when its page is read
    if (!known && message.number < low && !page.limited && rules.dropNotHeld !== false) continue;
    if (newer(message.rev, known?.rev)) messages.set(message.number, message);
  }
  const marks = new Map(held.marks);
  for (const mark of page.marks ?? []) if (newer(mark.rev, marks.get(mark.user)?.rev)) marks.set(mark.user, mark);
  const doc = page.doc && newer(page.doc.rev, held.doc.rev) ? page.doc : held.doc;
  const own = page.own && newer(page.own.rev, held.own.rev) ? page.own : held.own;
  return { doc, own, messages, marks, rev: Math.max(held.rev, greatest(page.doc?.rev ?? -1, page.messages)) };
};

const greatest = (rev: number, messages: readonly MessageDoc[] | undefined): number => (messages ?? []).reduce((most, m) => Math.max(most, m.rev), rev);

/** A page of history: only what is newer than what is held, and only where it joins on: a sync may have dropped what it was asked for. */
export const applyHistory = (state: ClientState, conversation: string, messages: readonly MessageDoc[], rules: ClientRules = {}): ClientState => {
  const held = state.get(conversation);
  const newest = messages.at(-1)?.number ?? 0;
  if (!held || (held.messages.size > 0 && newest + 1 < lowest(held))) return state;
  const next = new Map(held.messages);
  for (const message of messages) {
    const known = next.get(message.number);
    if (!known || rules.onlyNewer === false || message.rev > known.rev) next.set(message.number, message);
  }
  return having(state, conversation, { ...held, messages: next });
};
