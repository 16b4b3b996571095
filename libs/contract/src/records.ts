import type { ErrorCode } from './codes.ts';
import type { Json, JsonObject } from './json.ts';

/** Who acts. `device` is made by the client; together with the ref it is the idempotency key. */
export type Actor = { readonly user: string; readonly session: string; readonly device: string };

/** Where the answer goes: the edge instance, its session (or HTTP request), and the client's ref. */
export type Origin = { readonly edge: string; readonly session: string; readonly ref: string };

/** A command as it stands in `<service>.commands`; its time is its append time in the log. */
export type Command = {
  /** the client's ref, a UUIDv7 */
  readonly id: string;
  readonly name: string;
  /** conversation / user / owner: what the partition is chosen by */
  readonly key: string;
  readonly actor: Actor;
  readonly origin: Origin;
  readonly data: JsonObject;
  /** set by the edge where something the command needs could not be resolved: the owner rejects it with this code */
  readonly refused?: ErrorCode;
};

/** One fact. Timeline facts carry `seq`; private ones do not. */
export type Fact = { readonly name: string; readonly v: number; readonly seq?: number; readonly data: JsonObject };

export type Outcome = 'accepted' | 'rejected' | 'duplicate';

/** What a command led to first: remembered in the window and repeated to who sends the ref again. */
export type Answer = { readonly outcome: 'accepted'; readonly data: JsonObject } | { readonly outcome: 'rejected'; readonly code: ErrorCode };

/** The one record that a command gives, however many facts it holds (design §3). */
export type EventRecord = {
  readonly epoch: number;
  readonly key: string;
  readonly command: { readonly offset: number; readonly id: string };
  readonly actor: Actor;
  /** ms: append time of the command */
  readonly at: number;
  readonly origin: Origin;
  readonly outcome: Outcome;
  readonly events: readonly Fact[];
  /** of an accepted command: the body of `ok` */
  readonly answer?: JsonObject;
  /** of a rejected command */
  readonly code?: ErrorCode;
  /** nothing of it is kept in the window: it was refused for its id */
  readonly unremembered?: true;
  /** of a duplicate: the first answer */
  readonly of?: Answer;
};

/** The record by which an owner takes a partition. */
export type Claim = { readonly epoch: number; readonly owner: string };

/** Names of the record headers of an event log: the fence and the router read these and never parse a body. */
export const HEADER = {
  epoch: 'e',
  /** command offset */
  command: 'c',
  /** channels, separated by a space */
  channels: 'ch',
  /** owner id; present on claims only */
  claim: 'o',
  trace: 'traceparent',
} as const;

/** A record of `messaging.marks`. */
export type MarkRecord = { readonly conversation: string; readonly user: string; readonly number: number };

/** A record of `messaging.ephemeral`. */
export type TypingRecord = { readonly conversation: string; readonly user: string; readonly on: boolean };

/** A record of `auth.events`: one version of an account or session. Readers drop a version they have seen. */
export type AuthRecord = {
  readonly id: string;
  readonly version: number;
  readonly at: number;
  readonly name: string;
  readonly user: string;
  readonly data: Json;
};
