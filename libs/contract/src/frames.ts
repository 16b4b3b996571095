import Type, { type Static, type TSchema } from 'typebox';
import type { ErrorCode, Retry } from './codes.ts';
import { ConversationId, UserId, Uuid7 } from './commands.ts';
import type { PresenceStatus } from './events.ts';
import type { JsonObject } from './json.ts';
import { LIMITS } from './limits.ts';
import type { Fact } from './records.ts';

/** protocol §1, client → edge: frame type -> schema of the whole frame. */
export const CLIENT_FRAMES = {
  hello: Type.Object({
    type: Type.Literal('hello'),
    version: Type.Integer(),
    token: Type.String({ maxLength: 3_000 }),
    device: Type.Object({
      id: Type.String({ minLength: 1, maxLength: 64, pattern: '^[A-Za-z0-9._-]+$' }),
      name: Type.Optional(Type.String({ maxLength: 64 })),
    }),
    client: Type.Optional(Type.String({ maxLength: 128 })),
  }),
  command: Type.Object({
    type: Type.Literal('command'),
    ref: Uuid7,
    name: Type.String({ maxLength: 64 }),
    data: Type.Object({}),
    /** W3C trace context of the client; what is none is ignored */
    traceparent: Type.Optional(Type.String({ maxLength: 64 })),
  }),
  read: Type.Object({ type: Type.Literal('read'), conversation: ConversationId, number: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }) }),
  typing: Type.Object({ type: Type.Literal('typing'), conversation: ConversationId, on: Type.Boolean() }),
  watch: Type.Object({
    type: Type.Literal('watch'),
    users: Type.Optional(Type.Array(UserId, { maxItems: LIMITS.watch.value })),
    conversation: Type.Optional(ConversationId),
  }),
  active: Type.Object({ type: Type.Literal('active'), on: Type.Boolean() }),
  auth: Type.Object({ type: Type.Literal('auth'), token: Type.String({ maxLength: 3_000 }) }),
  ping: Type.Object({ type: Type.Literal('ping') }),
} as const satisfies Record<string, TSchema>;

export type ClientFrameType = keyof typeof CLIENT_FRAMES;
export type ClientFrame = { [T in ClientFrameType]: Static<(typeof CLIENT_FRAMES)[T]> }[ClientFrameType];
export type ClientFrameOf<T extends ClientFrameType> = Static<(typeof CLIENT_FRAMES)[T]>;

export type WelcomeFrame = {
  readonly type: 'welcome';
  readonly session: string;
  readonly user: string;
  readonly cursor: string;
  readonly now: number;
  readonly heartbeat: number;
  readonly limits: { readonly frame: number; readonly inFlight: number; readonly refSpan: number };
  /** ms: when the access token ends */
  readonly expires: number;
};
export type OkFrame = { readonly type: 'ok'; readonly ref: string; readonly data: JsonObject; readonly duplicate?: true };
export type ErrorFrame = {
  readonly type: 'error';
  readonly ref?: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly retry: Retry;
  readonly after?: number;
};
export type EventFrame = {
  readonly type: 'event';
  readonly conversation: string;
  readonly rev: number;
  readonly at: number;
  readonly actor: { readonly user: string; readonly device?: string };
  readonly events: readonly Omit<Fact, 'v'>[];
};
export type SignalFrame = { readonly type: 'signal'; readonly name: string; readonly at: number; readonly data: JsonObject; readonly rev?: number };
export type MarkFrame = { readonly type: 'mark'; readonly conversation: string; readonly user: string; readonly number: number; readonly rev: number };
export type TypingFrame = { readonly type: 'typing'; readonly conversation: string; readonly user: string; readonly on: boolean };
export type PresenceFrame = { readonly type: 'presence'; readonly user: string; readonly status: PresenceStatus; readonly lastSeen?: number };
export type PongFrame = { readonly type: 'pong'; readonly cursor?: string; readonly now: number };
export type ExpiringFrame = { readonly type: 'expiring'; readonly in: number };
export type DrainFrame = { readonly type: 'drain'; readonly after: number; readonly by: number };

/** protocol §1, edge → client. */
export type ServerFrame =
  | WelcomeFrame
  | OkFrame
  | ErrorFrame
  | EventFrame
  | SignalFrame
  | MarkFrame
  | TypingFrame
  | PresenceFrame
  | PongFrame
  | ExpiringFrame
  | DrainFrame;
