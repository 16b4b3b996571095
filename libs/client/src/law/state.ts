import type { ConversationDoc, MarkDoc, MemberDoc, MessageDoc } from '@clatter/contract';

/** What a client holds of one conversation. */
export type HeldConversation = {
  readonly doc: ConversationDoc;
  /** the own row */
  readonly own: MemberDoc;
  /** by number; a contiguous run up to the newest, as far as it was loaded */
  readonly messages: ReadonlyMap<number, MessageDoc>;
  /** by user */
  readonly marks: ReadonlyMap<string, MarkDoc>;
  /** the greatest rev seen: history pages wait for it */
  readonly rev: number;
};

/** Everything a client holds, by conversation. */
export type ClientState = ReadonlyMap<string, HeldConversation>;

export const EMPTY: ClientState = new Map();

export const lowest = (held: HeldConversation): number => {
  let low = Number.POSITIVE_INFINITY;
  for (const number of held.messages.keys()) if (number < low) low = number;
  return low;
};

export const having = (state: ClientState, conversation: string, held: HeldConversation): ClientState => new Map(state).set(conversation, held);

export const without = (state: ClientState, conversation: string): ClientState => {
  const next = new Map(state);
  next.delete(conversation);
  return next;
};
