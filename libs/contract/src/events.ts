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

/** Facts of presence: name -> data. Edges and the projection read the first three, the owner alone the others. */
export type PresenceEvents = {
  /** `lastSeen`, ms: when this status began; of `offline`, when the last lease ended */
  'presence.changed': { readonly user: string; readonly status: PresenceStatus; readonly lastSeen: number };
  /** all leases of this holder end; its edge, where it lives, opens its connections again */
  'edge.lost': { readonly edge: string; readonly holder: string };
  /** the same session and device connected again, on another edge: this connection is to be closed 4103 */
  'session.replaced': { readonly edge: string; readonly connection: string };
  'lease.opened': {
    readonly user: string;
    readonly lease: string;
    readonly holder: string;
    readonly n: number;
    readonly edge: string;
    readonly connection: string;
    readonly session: string;
    readonly device: string;
    readonly active: boolean;
    /** number of the holder within the partition */
    readonly slot: number;
  };
  /** `at`, ms: when; `n`: of the command, where the holder itself said so; `grace`: it was the user's last */
  'lease.ended': {
    readonly user: string;
    readonly lease: string;
    readonly holder: string;
    readonly slot: number;
    readonly at: number;
    readonly n?: number;
    readonly grace?: true;
  };
  'lease.active': { readonly user: string; readonly lease: string; readonly holder: string; readonly n: number; readonly on: boolean };
  /** a beat that came late: it stands in the log by itself, lest a successor think the holder silent */
  'edge.heard': { readonly holder: string };
  /** `beats`: the newest of each holder since the last tick; `cleared`: lost holders without leases; `emptied`: buckets of users in grace */
  ticked: { readonly beats: { readonly [holder: string]: number }; readonly cleared?: readonly string[]; readonly emptied?: readonly number[] };
};
export type PresenceEventName = keyof PresenceEvents;

/** A fact of presence with its type. */
export type PresenceFact = { [N in PresenceEventName]: { readonly name: N; readonly v: 1; readonly data: PresenceEvents[N] } }[PresenceEventName];

/** Names of `auth.events`. */
export type AuthEventName = 'account.registered' | 'account.updated' | 'session.opened' | 'session.revoked';
