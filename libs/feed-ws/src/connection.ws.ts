import type { LimitRow } from '@clatter/contract';
import type { FeedConnection, FeedHandler } from '@clatter/ports';
import type { WebSocket } from 'ws';
import { Turn } from './turn.ts';

/** Limits of a feed between processes; docs/limits.md is made of them. */
export const FEED_LIMITS = {
  // its first frame names all of its channels
  fromEdge: { value: 64 * 1024 * 1024, unit: 'bytes of a frame from an edge', beyond: 'the feed is closed 1009; the edge dials again' },
  toEdge: { value: 16 * 1024 * 1024, unit: 'bytes of a frame to an edge', beyond: 'the feed is closed 1009; the edge dials again' },
  gathered: { value: 1024 * 1024, unit: 'bytes of a frame of all that one turn sends', beyond: 'it is written, and the others come in the next' },
  unwritten: {
    value: 4 * 1024 * 1024,
    unit: 'bytes not yet written to an edge, with those being gathered',
    beyond: 'nothing more is pumped until it has drained; soft records are left out',
  },
} as const satisfies Record<string, LimitRow>;

/** Bytes not yet written at which the stream is full, and at which it takes more again. */
const HIGH = FEED_LIMITS.unwritten.value;
const LOW = 1024 * 1024;
const PING_EVERY = 2_000;

/** A text frame of JSON is one message, or an array of what one turn sent. A peer that answers no ping is taken for dead. */
export class WsFeed<Out, In> implements FeedConnection<Out, In> {
  readonly #ws: WebSocket;
  readonly #turn = new Turn(FEED_LIMITS.gathered.value, (frame) => this.#write(frame));
  #handler: FeedHandler<In> | undefined;
  #early: In[] = [];
  #closed: string | undefined;
  #full = false;
  #alive = true;

  constructor(ws: WebSocket) {
    this.#ws = ws;
    ws.on('message', (data: Buffer) => {
      const messages = messagesOf<In>(data);
      if (!messages) return this.close('what came is no message');
      for (const message of messages) this.#take(message);
    });
    ws.on('pong', () => {
      this.#alive = true;
    });
    ws.on('error', () => ws.terminate());
    const timer = setInterval(() => {
      if (!this.#alive) return ws.terminate();
      this.#alive = false;
      ws.ping();
    }, PING_EVERY);
    ws.on('close', (_code, reason) => {
      clearInterval(timer);
      this.#end(reason.toString() || 'the connection was lost');
    });
  }

  open(handler: FeedHandler<In>): void {
    const ended = this.#closed;
    this.#handler = handler;
    for (const message of this.#early.splice(0)) if (this.#closed === ended) handler.message(message);
    if (ended !== undefined) handler.closed(ended); // else it is told by what ends it
  }

  send(message: Out): boolean {
    if (this.#closed !== undefined || this.#ws.readyState !== this.#ws.OPEN) return true;
    this.#turn.add(JSON.stringify(message));
    // until `drained` is told: who was told that it is full sends nothing until then
    if (this.#unwritten > HIGH) this.#full = true;
    return !this.#full;
  }

  /** What was sent before is written before the end. */
  close(why: string): void {
    this.#turn.flush();
    this.#ws.close(1000, reasonOf(why));
    setTimeout(() => this.#ws.terminate(), 1_000).unref();
    this.#end(why);
  }

  get #unwritten(): number {
    return this.#turn.bytes + this.#ws.bufferedAmount;
  }

  /** What was gathered for a connection that is gone by now is dropped: the edge takes up another from its watermarks. */
  #write(frame: string): void {
    if (this.#closed === undefined && this.#ws.readyState === this.#ws.OPEN) this.#ws.send(frame, () => this.#written());
  }

  #take(message: In): void {
    if (this.#closed !== undefined) return;
    if (this.#handler) this.#handler.message(message);
    else this.#early.push(message);
  }

  #written(): void {
    if (!this.#full || this.#unwritten > LOW) return;
    this.#full = false;
    this.#handler?.drained?.();
  }

  #end(why: string): void {
    if (this.#closed !== undefined) return;
    this.#closed = why;
    this.#handler?.closed(why);
  }
}

/** undefined = it is no JSON, or something of it is no object. */
const messagesOf = <In>(data: Buffer): readonly In[] | undefined => {
  try {
    const content: unknown = JSON.parse(data.toString('utf8'));
    const messages: readonly unknown[] = Array.isArray(content) ? content : [content];
    return messages.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one)) ? (messages as readonly In[]) : undefined;
  } catch {
    return undefined;
  }
};

/** A close frame holds so many bytes of a reason; ws throws at more. */
const REASON_BYTES = 123;
const reasonOf = (why: string): string => {
  const bytes = Buffer.from(why);
  if (bytes.length <= REASON_BYTES) return why;
  let end = REASON_BYTES;
  while (((bytes[end] as number) & 0xc0) === 0x80) end--; // no letter is cut
  return bytes.toString('utf8', 0, end);
};
