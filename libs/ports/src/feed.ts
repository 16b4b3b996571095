import type { EdgeToRouter, RouterToEdge, ServiceName } from '@clatter/contract';

export interface FeedHandler<In> {
  message(message: In): void;
  /** Called once, whoever ended it. */
  closed(why: string): void;
  /** The stream takes more again after `send` said false. */
  drained?(): void;
}

/**
 * One ordered stream in each direction between an edge and a router. Messages arrive in order, each at most once, until it closes.
 * A side that hears nothing for 5 s may close it.
 */
export interface FeedConnection<Out, In> {
  /** Call once, at once. */
  open(handler: FeedHandler<In>): void;
  /** Takes the message; false = the stream is full, wait for `drained` before more. After closing it does nothing. */
  send(message: Out): boolean;
  close(why: string): void;
}

export type EdgeFeed = FeedConnection<EdgeToRouter, RouterToEdge>;
export type RouterFeed = FeedConnection<RouterToEdge, EdgeToRouter>;

/** The edge's side. */
export interface FeedDialer {
  /** A connection to any router of that service. @throws where none can be reached */
  dial(service: ServiceName): Promise<EdgeFeed>;
}

/** The router's side. */
export interface FeedListener {
  /** Every accepted connection has shown the service credential. */
  listen(service: ServiceName, accept: (feed: RouterFeed) => void): Promise<{ close(): Promise<void> }>;
}
