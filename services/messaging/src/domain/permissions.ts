import type { CommandName, ConversationKind, Role } from '@clatter/contract';

const OWNER: readonly Role[] = ['owner'];
const STAFF: readonly Role[] = ['owner', 'admin'];
const WRITERS: readonly Role[] = ['owner', 'admin', 'member'];
const ALL: readonly Role[] = ['owner', 'admin', 'member', 'reader'];

/**
 * Who may do what: command -> kind of conversation -> roles. What does not stand here is denied.
 * `conversation.create` asks for no role: there is no conversation yet.
 */
export const PERMISSIONS: { readonly [N in Exclude<CommandName, 'conversation.create'>]: { readonly [K in ConversationKind]?: readonly Role[] } } = {
  'conversation.update': { group: STAFF, announcement: STAFF },
  'conversation.addMembers': { group: STAFF, announcement: STAFF },
  'conversation.removeMember': { group: STAFF, announcement: STAFF },
  'conversation.leave': { group: ALL, announcement: ALL },
  'conversation.setRole': { group: OWNER, announcement: OWNER },
  'message.send': { direct: WRITERS, group: WRITERS, announcement: STAFF },
};

export const may = (command: string, kind: ConversationKind, role: Role | undefined): boolean =>
  role !== undefined && ((PERMISSIONS as Record<string, { readonly [K in ConversationKind]?: readonly Role[] }>)[command]?.[kind]?.includes(role) ?? false);
