import Type, { type Static, type TSchema } from 'typebox';
import { LIMITS } from './limits.ts';

/** A conversation's id: a UUIDv7 made by the client, or for a direct one `d.<user>.<user>`, the smaller user id first. */
export const ConversationId = Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9._-]+$' });
export const UserId = Type.String({ minLength: 1, maxLength: 48, pattern: '^[A-Za-z0-9_-]+$' });
export const Uuid7 = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' });
const MessageNumber = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const RoleName = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member'), Type.Literal('reader')]);
const Title = Type.String({ minLength: 1, maxLength: LIMITS.title.value });
const Users = (max: number) => Type.Array(UserId, { minItems: 1, maxItems: max, uniqueItems: true });

/** `{conversation}` or `{direct: user}`: exactly one of the two; the edge turns `direct` into the id. */
const target = { conversation: Type.Optional(ConversationId), direct: Type.Optional(UserId) };

/** protocol §3: command name -> schema of `data`. What is not in this table does not exist. */
export const COMMANDS = {
  'conversation.create': Type.Object({
    conversation: Uuid7,
    kind: Type.Union([Type.Literal('group'), Type.Literal('announcement')]),
    title: Title,
    members: Type.Array(UserId, { maxItems: LIMITS.membersPerCommand.value, uniqueItems: true }),
  }),
  'conversation.update': Type.Object({
    conversation: ConversationId,
    title: Type.Optional(Title),
    topic: Type.Optional(Type.String({ maxLength: LIMITS.topic.value })),
    avatar: Type.Optional(Type.String({ maxLength: 256 })),
    slowMode: Type.Optional(Type.Integer({ minimum: 0, maximum: 86_400 })),
  }),
  'conversation.addMembers': Type.Object({ conversation: ConversationId, members: Users(LIMITS.membersPerCommand.value) }),
  'conversation.removeMember': Type.Object({ conversation: ConversationId, user: UserId }),
  'conversation.leave': Type.Object({ conversation: ConversationId }),
  'conversation.setRole': Type.Object({ conversation: ConversationId, user: UserId, role: RoleName }),
  'message.send': Type.Object({
    ...target,
    kind: Type.Literal('text'),
    text: Type.String({ minLength: 1 }),
    replyTo: Type.Optional(MessageNumber),
    mentions: Type.Optional(Type.Array(UserId, { maxItems: LIMITS.mentions.value, uniqueItems: true })),
  }),
} as const satisfies Record<string, TSchema>;

export type CommandName = keyof typeof COMMANDS;
export type CommandData<N extends CommandName> = Static<(typeof COMMANDS)[N]>;

const Id = Type.String({ minLength: 1, maxLength: 100 });
const Count = Type.Integer({ minimum: 0 });

/**
 * Commands of presence; made by edges and owners, never by clients. A lease is one connection that counts. `holder` = an edge in one of its
 * terms (it begins a new one when its leases were taken for lost); `n` numbers the commands of a holder in a partition.
 */
export const PRESENCE_COMMANDS = {
  /** key = user. `connection`: the edge's name for the socket; `again`: it was open already, under another lease */
  'session.opened': Type.Object({
    lease: Id,
    holder: Id,
    n: Count,
    edge: Id,
    connection: Id,
    session: Id,
    device: Id,
    active: Type.Boolean(),
    again: Type.Boolean(),
  }),
  'session.closed': Type.Object({ lease: Id, holder: Id, n: Count }),
  'session.active': Type.Object({ lease: Id, holder: Id, n: Count, on: Type.Boolean() }),
  /** one per edge and partition, every 5 s; key = holder, placed by partition; `leases`: how many the edge has there */
  'edge.beat': Type.Object({ edge: Id, holder: Id, leases: Count }),
  /** appended by the owner every 5 s, placed by partition */
  tick: Type.Object({}),
} as const satisfies Record<string, TSchema>;

export type PresenceCommandName = keyof typeof PRESENCE_COMMANDS;
export type PresenceCommand<N extends PresenceCommandName> = Static<(typeof PRESENCE_COMMANDS)[N]>;
