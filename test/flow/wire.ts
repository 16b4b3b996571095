import type { Transport } from '@clatter/client';
import type { ClientFrame, ServerFrame, WelcomeFrame } from '@clatter/contract';
import { WebSocket } from 'ws';

const framesOf = <T>(text: string): readonly T[] => {
  const content = JSON.parse(text) as T | T[];
  return Array.isArray(content) ? content : [content];
};

/** A client's way to one edge, with a hand on it: what passed, and what gets lost on it. */
export class Wire {
  readonly #base: string;
  #ws: WebSocket | undefined;
  /** frames of the client, those that were lost too */
  readonly sent: ClientFrame[] = [];
  readonly welcomes: WelcomeFrame[] = [];
  /** codes with which the server closed it */
  readonly closes: number[] = [];
  opened = 0;
  /** true: this frame never reaches the server */
  loses: (frame: ClientFrame) => boolean = () => false;
  /** true: the connection breaks before this frame reaches the client */
  breaksBefore: (frame: ServerFrame) => boolean = () => false;

  constructor(base: string) {
    this.#base = base;
  }

  readonly connect: Transport['connect'] = (handlers) => {
    const ws = new WebSocket(`${this.#base.replace(/^http/, 'ws')}/v1/ws`, 'clatter.v1');
    this.#ws = ws;
    let broken = false;
    ws.on('open', () => {
      this.opened++;
      handlers.open();
    });
    ws.on('message', (data) => {
      const text = data.toString();
      const frames = framesOf<ServerFrame>(text);
      broken ||= frames.some((frame) => this.breaksBefore(frame));
      if (broken) return ws.terminate();
      this.welcomes.push(...frames.filter((frame) => frame.type === 'welcome'));
      handlers.message(text);
    });
    ws.on('error', () => {}); // a close follows
    ws.on('close', (code, reason) => {
      if (code >= 4_000) this.closes.push(code);
      handlers.closed(code, reason.toString());
    });
    return {
      send: (text) => {
        const frames = framesOf<ClientFrame>(text);
        this.sent.push(...frames);
        const kept = frames.filter((frame) => !this.loses(frame));
        if (kept.length > 0 && ws.readyState === ws.OPEN) ws.send(JSON.stringify(kept));
      },
      close: () => ws.close(),
    };
  };

  /** The client reads nothing more until `resume`. */
  pause(): void {
    this.#ws?.pause();
  }

  resume(): void {
    this.#ws?.resume();
  }
}
