import { CLOSE_CODES, LIMITS, type ServerFrame, type WelcomeFrame } from '@clatter/contract';
import { ClatterError, fullJitter } from '@clatter/kernel';
import type { Status } from './events.ts';
import { pack } from './pack.ts';
import type { ClientClock, SocketHandle, Tokens, Transport } from './transport.ts';

export type ConnectionOptions = {
  readonly transport: Pick<Transport, 'connect'>;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly tokens: Tokens;
  readonly device: { readonly id: string; readonly name?: string };
  readonly frame: (frame: ServerFrame) => void;
  readonly welcome: (frame: WelcomeFrame) => void;
  readonly lost: () => void;
  readonly status: (status: Status) => void;
};

const CALM = 60_000;
const WELCOME_WITHIN = 15_000;

/** Keeps one socket open: hello, heartbeat, fresh tokens, and back-off with full jitter after every loss (protocol §5). */
export class Connection {
  readonly #o: ConnectionOptions;
  #socket: SocketHandle | undefined;
  #number = 0;
  #attempt = 0;
  #heard = 0;
  #welcomed = false;
  #most: number = LIMITS.frame.value;
  #stopped = false;
  #fresh = false;
  #timers: (() => void)[] = [];

  constructor(options: ConnectionOptions) {
    this.#o = options;
  }

  /** Counts connections; 0 before the first. */
  get number(): number {
    return this.#number;
  }
  get open(): boolean {
    return this.#welcomed;
  }

  start(): void {
    void this.#connect();
  }

  stop(reason = 'closed by the program'): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#end();
    this.#o.status({ is: 'stopped', reason });
  }

  send(frames: readonly object[]): void {
    if (!this.#welcomed) return;
    for (const text of pack(frames, this.#most)) this.#socket?.send(text);
  }

  /** Drops the socket and connects again, as after a loss. */
  reconnect(): void {
    if (this.#stopped) return;
    this.#end();
    this.#again(fullJitter(this.#attempt++, this.#o.random()));
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return;
    this.#o.status({ is: 'connecting' });
    const mine = ++this.#number;
    let token: string;
    try {
      token = await this.#o.tokens.get(this.#fresh);
    } catch (error) {
      if (error instanceof ClatterError && error.code === 'unauthenticated') return this.stop('log in again');
      return this.#again(fullJitter(this.#attempt++, this.#o.random()));
    }
    if (this.#stopped || mine !== this.#number) return;
    this.#fresh = false;
    this.#heard = this.#o.clock.now();
    this.#later(WELCOME_WITHIN, () => {
      if (!this.#welcomed) this.reconnect();
    });
    const on =
      <A extends unknown[]>(run: (...args: A) => void) =>
      (...args: A): void => {
        if (mine === this.#number && !this.#stopped) run(...args);
      };
    this.#socket = this.#o.transport.connect({
      open: on(() => this.#socket?.send(JSON.stringify({ type: 'hello', version: 1, token, device: this.#o.device }))),
      message: on((text) => this.#message(text)),
      closed: on((code, reason) => this.#closed(code, reason)),
    });
  }

  #message(text: string): void {
    this.#heard = this.#o.clock.now();
    const content = JSON.parse(text) as ServerFrame | readonly ServerFrame[];
    for (const frame of Array.isArray(content) ? content : [content]) this.#frame(frame as ServerFrame);
  }

  #frame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'welcome':
        this.#welcomed = true;
        this.#most = frame.limits.frame;
        this.#o.welcome(frame);
        this.#heartbeat(frame.heartbeat);
        return this.#later(CALM, () => {
          this.#attempt = 0;
        });
      case 'expiring':
        return void this.#renew();
      case 'drain': {
        const { after, by } = frame;
        return this.#later(after + this.#o.random() * (by - after), () => {
          this.#end();
          this.#again(0);
        });
      }
      default:
        this.#o.frame(frame);
    }
  }

  async #renew(): Promise<void> {
    try {
      this.send([{ type: 'auth', token: await this.#o.tokens.get(true) }]);
    } catch {
      // the edge closes 4101 when the old one ends; then we try again
    }
  }

  #heartbeat(ms: number): void {
    const wait = ms * (0.8 + 0.4 * this.#o.random());
    this.#later(wait, () => {
      if (this.#o.clock.now() - this.#heard > ms * 2.5) return this.reconnect();
      this.send([{ type: 'ping' }]);
      this.#heartbeat(ms);
    });
  }

  #closed(code: number, reason: string): void {
    const next = Object.values(CLOSE_CODES).find((row) => row.code === code)?.next ?? 'resume';
    this.#end();
    if (next === 'stop') {
      this.#stopped = true;
      return this.#o.status({ is: 'stopped', reason: reason || String(code) });
    }
    if (next === 'new_token') this.#fresh = true;
    this.#again(fullJitter(this.#attempt++, this.#o.random()));
  }

  #end(): void {
    this.#number++;
    for (const cancel of this.#timers.splice(0)) cancel();
    const was = this.#welcomed;
    this.#welcomed = false;
    this.#socket?.close();
    this.#socket = undefined;
    if (was) this.#o.lost();
  }

  #again(wait: number): void {
    if (this.#stopped) return;
    this.#o.status({ is: 'connecting' });
    this.#o.clock.after(wait, () => void this.#connect());
  }

  #later(ms: number, run: () => void): void {
    if (this.#timers.length > 50) this.#timers.splice(0, 25);
    this.#timers.push(this.#o.clock.after(ms, run));
  }
}
