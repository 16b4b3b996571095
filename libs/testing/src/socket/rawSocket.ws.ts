import type { ClientFrame, ServerFrame, WelcomeFrame } from '@clatter/contract';
import { type RawData, WebSocket } from 'ws';

export type RawSocketOptions = {
  /** subprotocol; by default ours */
  readonly protocol?: string;
  /** what a browser would send */
  readonly origin?: string;
  /** ms until what is waited for counts as missing */
  readonly within?: number;
};

export type Closed = { readonly code: number; readonly reason: string };
type Waiter = { readonly look: () => boolean; readonly fail: (error: Error) => void };

/** A socket that keeps no rule of the protocol by itself: for what a well-behaved client never does, and for looking at single frames. */
export class RawSocket {
  /** every frame that came, in order */
  readonly frames: ServerFrame[] = [];
  readonly #ws: WebSocket;
  readonly #within: number;
  readonly #waiters = new Set<Waiter>();
  /** frames before it were handed out by `next`, or passed over */
  #read = 0;
  #over: Closed | undefined;

  constructor(ws: WebSocket, within: number) {
    this.#ws = ws;
    this.#within = within;
    ws.on('message', (data) => this.#take(data));
    ws.on('error', () => {}); // a close follows
    ws.on('close', (code, reason) => this.#end({ code, reason: reason.toString('utf8') }));
  }

  /** Says hello and waits for `welcome`. @throws when another frame or a close comes first */
  async hello(token: string, device = 'raw'): Promise<WelcomeFrame> {
    await this.send({ type: 'hello', version: 1, token, device: { id: device } });
    const first = await this.next(() => true);
    if (first.type !== 'welcome') throw new Error(`instead of welcome came ${JSON.stringify(first)}`);
    return first;
  }

  /** Resolves once it is written to the network. */
  send(frame: ClientFrame | readonly ClientFrame[]): Promise<void> {
    return this.sendRaw(JSON.stringify(frame));
  }

  /** Anything at all: a string as a text frame, bytes as a binary one unless `binary` says otherwise. */
  sendRaw(data: string | Uint8Array, binary = typeof data !== 'string'): Promise<void> {
    return new Promise((resolve, reject) => this.#ws.send(data, { binary }, (error) => (error ? reject(error) : resolve())));
  }

  /** The next frame that fits; those before it are passed over, and stay in `frames`. @throws when none comes in time, or the socket is closed first */
  async next<F extends ServerFrame>(fits: (frame: ServerFrame) => frame is F): Promise<F>;
  async next(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame>;
  async next(fits: (frame: ServerFrame) => boolean): Promise<ServerFrame> {
    let found: ServerFrame | undefined;
    await this.#until('the frame', () => {
      while (found === undefined && this.#read < this.frames.length) {
        const frame = this.frames[this.#read++] as ServerFrame;
        if (fits(frame)) found = frame;
      }
      if (found === undefined && this.#over) throw new Error(`closed ${this.#over.code} ${this.#over.reason} before the frame came`);
      return found !== undefined;
    });
    return found as unknown as ServerFrame;
  }

  /** How the server closed it. @throws when it does not in time */
  async closed(): Promise<Closed> {
    await this.#until('the close', () => this.#over !== undefined);
    return this.#over as Closed;
  }

  /** Reads nothing more until `resume`: what comes stays in the buffers of the machine, then of the server. */
  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  /** Ends it without a goodbye, as a lost network does. */
  cut(): void {
    this.#ws.terminate();
  }

  close(code?: number): void {
    this.#ws.close(code);
  }

  #take(data: RawData): void {
    const content = JSON.parse(data.toString()) as ServerFrame | ServerFrame[];
    this.frames.push(...(Array.isArray(content) ? content : [content]));
    this.#look();
  }

  #end(closed: Closed): void {
    this.#over = closed;
    this.#look();
  }

  #look(): void {
    for (const waiter of [...this.#waiters]) {
      try {
        if (waiter.look()) this.#waiters.delete(waiter);
      } catch (error) {
        this.#waiters.delete(waiter);
        waiter.fail(error as Error);
      }
    }
  }

  #until(what: string, happened: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new Error(`${what} did not come within ${this.#within} ms; the last frames: ${JSON.stringify(this.frames.slice(-3))}`));
      }, this.#within);
      const waiter: Waiter = {
        look: () => {
          if (!happened()) return false;
          clearTimeout(timer);
          resolve();
          return true;
        },
        fail: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      this.#look();
    });
  }
}

/** Opens a socket to `http(s)://host[:port]`. @throws with the HTTP status when the upgrade is refused */
export const rawSocket = (base: string, { protocol = 'clatter.v1', origin, within = 10_000 }: RawSocketOptions = {}): Promise<RawSocket> =>
  new Promise((resolve, reject) => {
    const ws = new WebSocket(`${base.replace(/^http/, 'ws')}/v1/ws`, protocol, origin === undefined ? {} : { origin });
    const socket = new RawSocket(ws, within);
    ws.once('open', () => resolve(socket));
    ws.once('unexpected-response', (_request, response) => {
      response.resume();
      reject(new Error(`the upgrade was refused: ${response.statusCode}`));
    });
    ws.once('error', reject);
  });
