import type { TokenBucket } from '@clatter/kernel';
import type { ClientSocket, OutFrame } from './socket.ts';

/** A membership change seen while the session was still connecting. */
export type Gathered = { readonly conversation: string; readonly partition: number; readonly offset: number; readonly kind: 'joined' | 'left' };

/** Where a live join stands in the log; the cursor stays before it until the channel is applied. */
export type PendingJoin = { readonly partition: number; readonly offset: number };

/** What connecting keeps until the session is live. */
export type Connecting = {
  readonly gathered: Gathered[];
  /** conversations that the session will take part in; undefined until the rows are read */
  wanted: Set<string> | undefined;
};

/** `until`, ms: an edge that can't take it in by then lets it go. */
type State =
  | { readonly is: 'silent'; readonly cancel: () => void }
  | { readonly is: 'checking'; readonly until: number }
  | { readonly is: 'connecting'; readonly until: number; readonly c: Connecting }
  | { readonly is: 'live' }
  | { readonly is: 'closed' };

/** One socket and whose it is. Kept lean: an idle one costs what stands here. */
export class Session {
  readonly id: string;
  readonly socket: ClientSocket;
  readonly address: string;
  state: State;
  user = '';
  session = '';
  device = '';
  /** ms */
  expires = 0;
  expiringTold = false;
  heard: number;
  /** the place in the stream was lost: no frame, no cursor, only its close */
  doomed = false;
  /** conversations it is sent */
  readonly subscribed = new Set<string>();
  pending: Map<string, PendingJoin> | undefined;
  /** ref -> ms, when it came first; made with the first command, since most sessions are idle */
  unanswered: Map<string, number> | undefined;
  /** its commands that wait for a look-up, and those behind them */
  sending: { last: Promise<void>; count: number } | undefined;
  bucket: TokenBucket | undefined;
  refusals = 0;
  refusedAt = 0;
  out: OutFrame[] = [];
  outBytes = 0;

  constructor(id: string, socket: ClientSocket, address: string, now: number, cancel: () => void) {
    this.id = id;
    this.socket = socket;
    this.address = address;
    this.heard = now;
    this.state = { is: 'silent', cancel };
  }

  get live(): boolean {
    return this.state.is === 'live';
  }
  get closed(): boolean {
    return this.state.is === 'closed';
  }
}
