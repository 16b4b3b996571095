import type { ServiceName } from '@clatter/contract';
import type { EdgeFeed, FeedConnection, FeedDialer, FeedHandler, FeedListener, RouterFeed } from '@clatter/ports';

/** Runs what was sent at the receiver. A simulation puts a step of the receiving host before it. */
export type Hop = (run: () => void) => void;

/** One side of a feed, for whoever cuts it. */
type Ended = { readonly hop: Hop; readonly over: boolean; closedByPeer(why: string): void };

const HIGH = 1_000;

class Side<Out, In> implements FeedConnection<Out, In> {
  peer: Side<In, Out> | undefined;
  readonly hop: Hop;
  #handler: FeedHandler<In> | undefined;
  #queue: In[] = [];
  #moving = false;
  #closed: string | undefined;
  #told = false;

  constructor(hop: Hop) {
    this.hop = hop;
  }

  get over(): boolean {
    return this.#closed !== undefined;
  }

  open(handler: FeedHandler<In>): void {
    this.#handler = handler;
    if (this.#closed !== undefined) this.hop(() => this.#tell()); // refused before it was opened
    this.#move();
  }

  send(message: Out): boolean {
    return this.#closed === undefined && this.peer ? this.peer.#receive(message) : true;
  }

  close(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    const peer = this.peer;
    this.hop(() => this.#tell());
    peer?.closedByPeer(why);
  }

  closedByPeer(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    this.hop(() => this.#tell());
  }

  #tell(): void {
    if (this.#told || !this.#handler) return;
    this.#told = true;
    this.#handler.closed(this.#closed ?? '');
  }

  #receive(message: In): boolean {
    this.#queue.push(message);
    this.#move();
    return this.#queue.length < HIGH;
  }

  #move(): void {
    if (this.#moving || !this.#handler || this.#queue.length === 0) return;
    this.#moving = true;
    this.hop(() => {
      this.#moving = false;
      if (this.#closed !== undefined) return;
      const batch = this.#queue;
      this.#queue = [];
      for (const message of batch) {
        if (this.#closed !== undefined) return;
        this.#handler?.message(message);
      }
      if (batch.length >= HIGH) this.peer?.drained();
      this.#move();
    });
  }

  drained(): void {
    if (this.#closed === undefined) this.hop(() => this.#handler?.drained?.());
  }
}

/** Feeds between an edge and routers in the same process: a direct call, in order, bounded. */
export class MemoryFeeds {
  readonly #open = new Set<readonly [Ended, Ended]>();
  readonly #listeners = new Map<ServiceName, Map<object, { readonly hop: Hop; readonly accept: (feed: RouterFeed) => void }>>();

  /** Every feed of a process ends at once, as when it dies. */
  cut(hop: Hop): void {
    for (const [a, b] of this.#open) {
      if (a.hop !== hop && b.hop !== hop) continue;
      a.closedByPeer('the process is gone');
      b.closedByPeer('the process is gone');
    }
    for (const here of this.#listeners.values()) for (const [key, listener] of here) if (listener.hop === hop) here.delete(key);
  }

  /** `hop` belongs to the edge's host, `pick` in [0, 1) chooses the router. */
  dialer(hop: Hop = queueMicrotask, pick: () => number = () => 0): FeedDialer {
    return {
      dial: async (service): Promise<EdgeFeed> => {
        const all = [...(this.#listeners.get(service)?.values() ?? [])];
        const listener = all[Math.floor(pick() * all.length)];
        if (!listener) throw new Error(`no router of ${service} listens`);
        const edge: Side<Parameters<EdgeFeed['send']>[0], Parameters<RouterFeed['send']>[0]> = new Side(hop);
        const router: Side<Parameters<RouterFeed['send']>[0], Parameters<EdgeFeed['send']>[0]> = new Side(listener.hop);
        edge.peer = router;
        router.peer = edge;
        for (const pair of this.#open) if (pair[0].over) this.#open.delete(pair);
        this.#open.add([edge, router]);
        listener.accept(router);
        return edge;
      },
    };
  }

  listener(hop: Hop = queueMicrotask): FeedListener {
    return {
      listen: async (service, accept) => {
        const here = this.#listeners.get(service) ?? new Map();
        this.#listeners.set(service, here);
        const key = {};
        here.set(key, { hop, accept });
        return { close: async () => void here.delete(key) };
      },
    };
  }
}
