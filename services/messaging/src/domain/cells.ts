import type { ConversationKind, Role } from '@clatter/contract';
import type { GetCell } from '@clatter/kernel';

/** `<conversation>/root`: what deciding needs to know of a conversation, however many members it has. */
export type Root = { readonly kind: ConversationKind; readonly seq: number; readonly number: number; readonly members: number; readonly owners: number };

/** `<conversation>/member/<user>`; stays as a tombstone. */
export type Member = { readonly role: Role } | { readonly gone: true };

export const rootCell = (conversation: string): string => `${conversation}/root`;
export const memberCell = (conversation: string, user: string): string => `${conversation}/member/${user}`;

export const rootOf = (get: GetCell, conversation: string): Root | undefined => get(rootCell(conversation)) as Root | undefined;

/** undefined = not a member (any more). */
export const roleOf = (get: GetCell, conversation: string, user: string): Role | undefined => {
  const member = get(memberCell(conversation, user)) as Member | undefined;
  return member && !('gone' in member) ? member.role : undefined;
};
