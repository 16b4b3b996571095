import type { ConversationKind, PresenceStatus, Role } from './events.ts';

/** Every document: `rev` is the log offset of the last record applied to it; a tombstone stays with `gone`. */
export type Versioned = { readonly rev: number; readonly gone?: true };

/** An ordered index: documents are found by an equal prefix of `fields` and come ordered by the rest. */
export type IndexSpec = { readonly name: string; readonly fields: readonly string[]; readonly unique?: boolean };
export type CollectionSpec = { readonly name: string; readonly indexes: readonly IndexSpec[] };

/** Key `<conversation>|<number>`, number padded to 12 digits. */
export type MessageDoc = Versioned & {
  readonly conversation: string;
  readonly number: number;
  readonly seq: number;
  readonly at: number;
  readonly author: string;
  readonly ref: string;
  readonly kind: 'text';
  readonly text: string;
  readonly replyTo?: number;
  readonly mentions?: readonly string[];
};

/** Key `<conversation>`. */
export type ConversationDoc = Versioned & {
  readonly conversation: string;
  readonly kind: ConversationKind;
  readonly title?: string;
  readonly topic?: string;
  readonly avatar?: string;
  readonly slowMode?: number;
  readonly createdAt: number;
  readonly creator: string;
  readonly memberCount: number;
  readonly head: {
    readonly seq: number;
    readonly number: number;
    readonly at: number;
    readonly lastMessage?: { readonly number: number; readonly author: string; readonly text: string; readonly at: number };
  };
};

/** Key `<conversation>|<user>`. */
export type MemberDoc = Versioned & {
  readonly conversation: string;
  readonly user: string;
  readonly role: Role;
  /** offset of the record by which the user joined last */
  readonly joinedRev: number;
  /** number of the newest message at that time */
  readonly joinedNumber: number;
};

/** Key `<conversation>|<user>`; `rev` is an offset of `messaging.marks`. */
export type MarkDoc = Versioned & { readonly conversation: string; readonly user: string; readonly number: number };

/** Key `<user>`. */
export type PresenceDoc = Versioned & { readonly user: string; readonly status: PresenceStatus; readonly lastSeen: number };

/** Key `<user>`; `rev` is auth's own version counter. What others may read of an account. */
export type AccountDoc = Versioned & { readonly user: string; readonly username: string; readonly name: string; readonly disabled?: true };

/** Key `<session>`. What an edge reads to learn whether a session still lives. */
export type SessionDoc = Versioned & { readonly session: string; readonly user: string; readonly revoked?: true };

/** Collections of each service. A read model's physical name is `<name>.g<generation>` (see kernel `physicalName`). */
export const READ_MODELS = {
  messages: {
    name: 'messages',
    indexes: [
      { name: 'byNumber', fields: ['conversation', 'number'] },
      { name: 'byRev', fields: ['conversation', 'rev'] },
    ],
  },
  conversations: { name: 'conversations', indexes: [] },
  members: {
    name: 'members',
    indexes: [
      { name: 'byConversation', fields: ['conversation', 'user'] },
      { name: 'byUser', fields: ['user', 'conversation'] },
      { name: 'present', fields: ['conversation', 'joinedRev'] }, // who is gone has no joinedRev
    ],
  },
  marks: { name: 'marks', indexes: [{ name: 'byConversation', fields: ['conversation', 'user'] }] },
  presence: { name: 'presence', indexes: [] },
} as const satisfies Record<string, CollectionSpec>;

/** Auth's own state; other services may read accounts and sessions, never write. `outboxWaiting` is 1 while the outbox is not empty. */
export const AUTH_COLLECTIONS = {
  accounts: {
    name: 'accounts',
    indexes: [
      { name: 'byUsername', fields: ['usernameLower'], unique: true },
      { name: 'byOutbox', fields: ['outboxWaiting'] },
    ],
  },
  sessions: {
    name: 'sessions',
    indexes: [
      { name: 'live', fields: ['live', 'openedAt', 'session'] }, // until they are ended
      { name: 'byOutbox', fields: ['outboxWaiting'] },
    ],
  },
  keys: { name: 'keys', indexes: [] },
} as const satisfies Record<string, CollectionSpec>;

/**
 * How far a projector has come in one partition of one topic. Collection `<service>.checkpoints` of the generation, key `<topic>/<partition>`.
 * `rev` = `fence.offset`. `past`: where it stood at times up to a minute ago, oldest first: a router starts there.
 */
export type CheckpointDoc = Versioned & {
  /** the log whose offsets these are */
  readonly logId: string;
  readonly fence: { readonly offset: number; readonly epoch: number; readonly lastCommand: number };
  readonly past: readonly { readonly at: number; readonly fence: { readonly offset: number; readonly epoch: number; readonly lastCommand: number } }[];
};
