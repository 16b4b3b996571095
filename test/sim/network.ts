import type { SocketHandle, SocketHandlers } from '@clatter/client';
import type { ClientSocket, Edge } from '@clatter/edge';
import type { Random } from '@clatter/testing';
import type { SimHost } from './scheduler.ts';

/** A socket between a client and an edge: ordered in both directions, cut at any time. */
export class SimSocket {
  readonly edgeHost: SimHost;
  readonly clientHost: SimHost;
  open = true;
  #toClient: string[] = [];
  #moving = false;
  readonly #handlers: SocketHandlers;

  constructor(edge: Edge, edgeHost: SimHost, clientHost: SimHost, handlers: SocketHandlers, random: Random, sent: (text: string) => void) {
    this.edgeHost = edgeHost;
    this.clientHost = clientHost;
    this.#handlers = handlers;
    const socket: ClientSocket = {
      send: (frames) => {
        if (!this.open) return;
        for (const { text } of frames) {
          sent(text);
          this.#toClient.push(text);
          this.#move();
        }
      },
      buffered: () => this.#toClient.reduce((sum, text) => sum + text.length, 0),
      close: (code, reason) => this.#end(code, reason),
    };
    const queue: string[] = [];
    let input: ReturnType<Edge['accept']> | undefined;
    this.handle = {
      send: (text) => {
        if (!this.open) return;
        queue.push(text);
        edgeHost.hop(() => {
          const next = queue.shift();
          if (next !== undefined && this.open) input?.message(next);
        });
      },
      close: () => this.cut(random.chance(0.5)),
    };
    this.#closed = () => edgeHost.hop(() => input?.closed());
    edgeHost.hop(() => {
      if (!this.open) return;
      input = edge.accept(socket, { address: clientHost.name });
      clientHost.hop(() => handlers.open());
    });
  }

  readonly handle: SocketHandle;
  readonly #closed: () => void;

  /** The connection is gone; what was on its way to the client may be lost. */
  cut(lose: boolean): void {
    if (lose) this.#toClient = [];
    this.#end(1006, 'cut');
  }

  #end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.#closed();
    this.#last = () => this.#handlers.closed(code, reason);
    this.#move();
  }

  #last: (() => void) | undefined;

  #move(): void {
    if (this.#moving) return;
    this.#moving = true;
    this.clientHost.hop(() => {
      this.#moving = false;
      const text = this.#toClient.shift();
      if (text !== undefined) this.#handlers.message(text);
      else if (this.#last) {
        this.#last();
        this.#last = undefined;
        return;
      }
      if (this.#toClient.length > 0 || this.#last) this.#move();
    });
  }
}
