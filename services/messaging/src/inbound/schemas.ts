import { ConversationId, LIMITS } from '@clatter/contract';
import Type from 'typebox';

export const Limit = Type.Optional(Type.Integer({ minimum: 1, maximum: LIMITS.page.value }));
export const Cursor = Type.Optional(Type.String({ maxLength: 4_096 }));
export const ConversationParams = Type.Object({ id: ConversationId });

const Versioned = { rev: Type.Integer(), gone: Type.Optional(Type.Literal(true)) };
export const Message = Type.Object({
  conversation: Type.String(),
  number: Type.Integer(),
  seq: Type.Integer(),
  at: Type.Integer(),
  author: Type.String(),
  ref: Type.String(),
  kind: Type.String(),
  text: Type.String(),
  replyTo: Type.Optional(Type.Integer()),
  mentions: Type.Optional(Type.Array(Type.String())),
  ...Versioned,
});
const Head = Type.Object({
  seq: Type.Integer(),
  number: Type.Integer(),
  at: Type.Integer(),
  lastMessage: Type.Optional(Type.Object({ number: Type.Integer(), author: Type.String(), text: Type.String(), at: Type.Integer() })),
});
export const Conversation = Type.Object({
  conversation: Type.String(),
  kind: Type.String(),
  title: Type.Optional(Type.String()),
  topic: Type.Optional(Type.String()),
  avatar: Type.Optional(Type.String()),
  slowMode: Type.Optional(Type.Integer()),
  createdAt: Type.Integer(),
  creator: Type.String(),
  memberCount: Type.Integer(),
  head: Head,
  ...Versioned,
});
export const Member = Type.Object({
  conversation: Type.String(),
  user: Type.String(),
  role: Type.String(),
  joinedRev: Type.Integer(),
  joinedNumber: Type.Integer(),
  ...Versioned,
});
export const Mark = Type.Object({ conversation: Type.String(), user: Type.String(), number: Type.Integer(), ...Versioned });
export const Item = Type.Object({ conversation: Conversation, own: Member, unread: Type.Integer() });
export const SyncItem = Type.Object({
  conversation: Type.String(),
  left: Type.Optional(Type.Object({ rev: Type.Integer() })),
  fresh: Type.Optional(Type.Literal(true)),
  limited: Type.Optional(Type.Literal(true)),
  doc: Type.Optional(Conversation),
  own: Type.Optional(Member),
  messages: Type.Optional(Type.Array(Message)),
  marks: Type.Optional(Type.Array(Mark)),
});
export const secured = [{ access: [] }];
