import type { MessagesPage, MessagesQuery, SyncPage, SyncQuery } from '@clatter/contract';

/** What the client hears of its socket. */
export type SocketHandlers = { open(): void; message(text: string): void; closed(code: number, reason: string): void };
export type SocketHandle = { send(text: string): void; close(): void };

/** The way to a server. Requests reject with a ClatterError. */
export interface Transport {
  connect(handlers: SocketHandlers): SocketHandle;
  sync(query: SyncQuery): Promise<SyncPage>;
  messages(conversation: string, query: MessagesQuery): Promise<MessagesPage>;
}

/** The only source of time. */
export interface ClientClock {
  /** ms since the epoch */
  now(): number;
  /** Calls `run` once after `ms`; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

/** A fresh access token; rejects with `unauthenticated` when a person must log in again. */
export interface Tokens {
  get(fresh: boolean): Promise<string>;
}
