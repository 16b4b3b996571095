import type { Socket } from 'node:net';
import type { Clock } from '@clatter/ports';
import type { Writer } from '../wire/bytes.ts';
import { type Api, Frames, frameOf } from '../wire/frames.ts';

/** The request was never written to a socket, so it surely had no effect. */
export class Unsent extends Error {
  override name = 'Unsent';
}
/** The request was written and no answer came: it may have had its effect, or have it yet. */
export class Unanswered extends Error {
  override name = 'Unanswered';
}

type Waiting = { readonly correlation: number; resolve(body: Buffer): void; reject(error: Error): void; cancel(): void };
export type RequestOptions = {
  /** bytes of the body, roughly */
  readonly guess: number;
  /** ms until the answer; a link that answers later is ended, since every later answer of it would be late too */
  readonly withinMs: number;
};

/** bytes of the largest answer: what one fetch may bring (4 MiB, or one batch) and a page of metadata are far below it */
export const ANSWER_BYTES = 64 << 20;
const MAX_INT32 = 0x7fffffff;

/**
 * One connection to one broker, which answers in the order of the requests. It is connected once: whatever goes wrong ends it, with
 * everything that waits for an answer, and another one takes its place. So no request can wait on a socket that is gone.
 */
export class Link {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #clientId: string;
  readonly #frames = new Frames(ANSWER_BYTES);
  #waiting: Waiting[] = [];
  #correlation = 0;
  #ended: string | undefined;
  #retired = false;
  /** ms: from then on the broker takes no more requests until it is authenticated anew */
  expires = Number.POSITIVE_INFINITY;

  /** `socket` is connected. */
  constructor(socket: Socket, clock: Clock, clientId: string) {
    this.#socket = socket;
    this.#clock = clock;
    this.#clientId = clientId;
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.end(error.message));
    socket.on('end', () => this.end('the broker closed it'));
    socket.on('close', () => this.end('it was closed'));
  }

  get open(): boolean {
    return this.#ended === undefined && !this.#retired;
  }

  /** Resolves with the body of the answer. @throws {Unsent | Unanswered} */
  request(api: Api, { guess, withinMs }: RequestOptions, body: (to: Writer) => void): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(new Unsent(`${api.apiName} was not sent: ${this.#ended}`));
      const correlation = this.#correlation;
      const frame = frameOf(api, correlation, this.#clientId, guess, body);
      this.#correlation = correlation === MAX_INT32 ? 0 : correlation + 1;
      const cancel = this.#clock.after(withinMs, () => this.end(`no answer to ${api.apiName} within ${withinMs} ms`));
      this.#waiting.push({ correlation, resolve, reject, cancel });
      this.#socket.write(frame);
    });
  }

  /** Takes no more requests, and ends when what waits is answered. */
  retire(): void {
    this.#retired = true;
    if (this.#waiting.length === 0) this.end('it was replaced');
  }

  end(why: string): void {
    if (this.#ended !== undefined) return;
    this.#ended = why;
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { cancel, reject } of waiting) {
      cancel();
      reject(new Unanswered(why));
    }
  }

  #take(chunk: Buffer): void {
    if (this.#ended !== undefined) return;
    try {
      for (const frame of this.#frames.push(chunk)) this.#answer(frame);
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  #answer(frame: Buffer): void {
    const correlation = frame.readInt32BE(0);
    const first = this.#waiting[0];
    if (first?.correlation !== correlation) throw new Error(`an answer to ${correlation}, ${first?.correlation ?? 'none'} was due`);
    this.#waiting.shift();
    first.cancel();
    first.resolve(frame.subarray(4));
    if (this.#retired && this.#waiting.length === 0) this.end('it was replaced');
  }
}
