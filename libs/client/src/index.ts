export { Client, type ClientOptions, isCode, type Target } from './client.ts';
export type { ClientEvents, Status } from './events.ts';
export { type ClientState, type HeldConversation, lowest } from './law/state.ts';
export { type Credentials, logIn, register, SessionTokens } from './login.ts';
export { CLIENT_LIMITS } from './outbox/outbox.ts';
export { memoryStorage, type Saved, type Snapshot, type Storage, type Unanswered } from './outbox/storage.ts';
export type { ClientRules } from './rules.ts';
export type { ClientClock, SocketHandle, SocketHandlers, Tokens, Transport } from './transport.ts';
export { request, webTransport } from './transport.web.ts';
