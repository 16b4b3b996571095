import type { ErrorCode, Retry } from './codes.ts';
import type { PresenceStatus } from './events.ts';
import type { ConversationDoc, MarkDoc, MemberDoc, MessageDoc } from './readModels.ts';

/** RFC 9457, `application/problem+json`, with our code. */
export type Problem = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: ErrorCode;
  readonly retry: Retry;
  readonly after?: number;
};

/** One conversation in a page of sync (protocol §5). A conversation is never split over pages. */
export type SyncConversation = {
  readonly conversation: string;
  /** it may no longer be read: drop it, unless the own row held is newer than `rev` */
  readonly left?: { readonly rev: number };
  /** all that is given replaces all that is held: it is new for this reader, or the sync is a fresh one */
  readonly fresh?: true;
  /** more changed than is sent: these are its newest messages, drop all others */
  readonly limited?: true;
  readonly doc?: ConversationDoc;
  /** the reader's own row */
  readonly own?: MemberDoc;
  readonly messages?: readonly MessageDoc[];
  readonly marks?: readonly MarkDoc[];
};

/** `next` asks for the next page; `cursor` is in the last one, absent in a sync of one conversation. */
export type SyncPage = { readonly conversations: readonly SyncConversation[]; readonly next?: string; readonly cursor?: string };

/** `GET /v1/sync` */
export type SyncQuery = { readonly since?: string; readonly upto?: string; readonly conversation?: string; readonly limit?: number; readonly next?: string };

/** `GET /v1/conversations/{id}/messages`: ascending by number. `rev`: wait until the read model has reached it. */
export type MessagesQuery = { readonly before?: number; readonly after?: number; readonly around?: number; readonly limit?: number; readonly rev?: number };
export type MessagesPage = { readonly messages: readonly MessageDoc[] };

/** `GET /v1/conversations`: the inbox. */
export type InboxItem = { readonly conversation: ConversationDoc; readonly own: MemberDoc; readonly unread: number };
export type InboxPage = { readonly conversations: readonly InboxItem[]; readonly next?: string };

/** `GET /v1/conversations/{id}/members` */
export type MembersPage = { readonly members: readonly MemberDoc[]; readonly next?: string };

/** `POST /v1/accounts`, `POST /v1/sessions`, `POST /v1/sessions/refresh`: times in ms since the epoch. `refreshToken` only where the body asked for it. */
export type SessionBody = {
  readonly user: string;
  readonly session: string;
  readonly accessToken: string;
  readonly expires: number;
  readonly refreshToken?: string;
  readonly refreshExpires: number;
};
export type UserBody = { readonly user: string; readonly username: string; readonly name: string };
export type UsersBody = { readonly users: readonly UserBody[] };
export type SessionItem = { readonly session: string; readonly device?: string; readonly openedAt: number; readonly usedAt: number; readonly current: boolean };

/** `GET /v1/presence?users=`: only of those that the caller may see; `lastSeen` in ms, not while online. */
export type PresenceItem = { readonly user: string; readonly status: PresenceStatus; readonly lastSeen?: number };
export type PresenceBody = { readonly presence: readonly PresenceItem[] };
