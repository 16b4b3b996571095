import type { JsonObject } from './json.ts';

export type Role = 'owner' | 'admin' | 'member' | 'reader';
export type ConversationKind = 'direct' | 'group' | 'announcement';

/** Timeline facts of a conversation: name -> data. Every one takes a `seq`; only `message.sent` takes a number. */
export type TimelineEvents = {
  'conversation.created': { readonly kind: ConversationKind; readonly title?: string };
  'conversation.updated': { readonly title?: string; readonly topic?: string; readonly avatar?: string; readonly slowMode?: number };
  'members.added': {
    readonly members: readonly { readonly user: string; readonly role: Role }[] /** number of the newest message when they joined */;
    readonly joinedNumber: number;
  };
  'member.removed': { readonly user: string; readonly was: Role };
  'member.left': { readonly user: string; readonly was: Role };
  'role.changed': { readonly user: string; readonly role: Role; readonly was: Role };
  'message.sent': {
    readonly number: number;
    readonly ref: string;
    readonly kind: 'text';
    readonly text: string;
    readonly replyTo?: number;
    readonly mentions?: readonly string[];
  };
};
export type TimelineEventName = keyof TimelineEvents;

/** A fact of the timeline with its type. */
export type TimelineFact = {
  [N in TimelineEventName]: { readonly name: N; readonly v: 1; readonly seq: number; readonly data: TimelineEvents[N] & JsonObject };
}[TimelineEventName];

export type PresenceStatus = 'online' | 'away' | 'offline';

/** Facts of presence: name -> data. */
export type PresenceEvents = {
  'presence.changed': { readonly user: string; readonly status: PresenceStatus; readonly lastSeen: number };
  'edge.lost': { readonly edge: string };
};

/** Names of `auth.events`. */
export type AuthEventName = 'account.registered' | 'account.updated' | 'session.opened' | 'session.revoked';
