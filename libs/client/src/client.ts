import type { ClientFrame, JsonObject, PresenceItem, ServerFrame } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import { Connection } from './connection.ts';
import { type ClientEvents, Emitter, type Status } from './events.ts';
import type { ClientState } from './law/state.ts';
import { Outbox } from './outbox/outbox.ts';
import type { Saved, Snapshot, Storage } from './outbox/storage.ts';
import { Presence, type Watched } from './presence.ts';
import { Replica } from './replica.ts';
import type { ClientRules } from './rules.ts';
import type { ClientClock, Tokens, Transport } from './transport.ts';

export type ClientOptions = {
  readonly transport: Transport;
  readonly storage: Storage;
  readonly tokens: Tokens;
  readonly clock: ClientClock;
  /** in [0, 1) */
  readonly random: () => number;
  readonly deviceName?: string;
  readonly pageLimit?: number;
  readonly rules?: ClientRules;
};

/** Where a message goes: a conversation, or a person directly. */
export type Target = { readonly conversation: string } | { readonly direct: string };

/** A chat client: keeps a replica of the user's conversations, and sends commands exactly once. */
export class Client {
  readonly #events = new Emitter();
  readonly #connection: Connection;
  readonly #outbox: Outbox;
  readonly #replica: Replica;
  readonly #presence = new Presence();
  readonly #clock: ClientClock;
  #status: Status = { is: 'connecting' };
  #user: string | undefined;
  #stopTick = (): void => {};

  constructor(options: ClientOptions) {
    const { transport, storage, tokens, clock, random } = options;
    const rules = options.rules ?? {};
    const saved: Saved = storage.load() ?? { device: newDevice(random), outbox: [] };
    const save = (): void => {
      const { refs, unanswered } = this.#outbox;
      storage.save({ device: saved.device, outbox: unanswered, ...(refs ? { refs } : {}) });
    };
    this.#clock = clock;
    this.#outbox = new Outbox({ clock, random, rules, refs: saved.refs, entries: saved.outbox, save });
    save();
    this.#replica = new Replica({
      transport,
      clock,
      random,
      rules,
      events: this.#events,
      snapshot: storage.loadState(),
      stored: (snapshot: Snapshot | undefined) => storage.saveState(snapshot),
      calm: () => this.ping(),
      synced: () => this.#tell({ is: 'online' }),
      ...(options.pageLimit === undefined ? {} : { pageLimit: options.pageLimit }),
    });
    this.#connection = new Connection({
      transport,
      clock,
      random,
      tokens,
      device: { id: saved.device, ...(options.deviceName === undefined ? {} : { name: options.deviceName }) },
      frame: (frame) => this.#frame(frame),
      welcome: ({ user, cursor, limits }) => {
        this.#user = user;
        this.#outbox.limit(limits);
        this.#send(); // the same refs again, then sync
        this.#replica.connected(user, cursor);
        this.#connection.send(this.#presence.welcome());
      },
      lost: () => {
        this.#replica.lost();
        this.#presence.lost();
      },
      status: (status) => this.#tell(status),
    });
  }

  /** Connects and stays connected until `close`. */
  start(): void {
    this.#connection.start();
    const tick = (): void => {
      this.#send();
      this.#stopTick = this.#clock.after(1_000, tick);
    };
    this.#stopTick = this.#clock.after(1_000, tick);
  }

  close(): void {
    this.#stopTick();
    this.#connection.stop();
  }

  get state(): ClientState {
    return this.#replica.state;
  }
  get status(): Status {
    return this.#status;
  }
  /** id of the user, once the first connection is open */
  get user(): string | undefined {
    return this.#user;
  }
  get cursor(): string | undefined {
    return this.#replica.cursor;
  }
  /** Status of the watched users; empty while there is no connection. */
  get presence(): ReadonlyMap<string, PresenceItem> {
    return this.#presence.known;
  }
  /** All that was sent is answered, all that came is applied. */
  get settled(): boolean {
    return this.#status.is === 'online' && this.#replica.calm && this.#outbox.unanswered.length === 0;
  }

  on<N extends keyof ClientEvents>(name: N, listener: (event: ClientEvents[N]) => void): () => void {
    return this.#events.on(name, listener);
  }

  /** Resolves with the answer once the command is durable and final. @throws {ClatterError} its code */
  command(name: string, data: JsonObject): Promise<JsonObject> {
    const answer = this.#outbox.add(name, data);
    this.#send();
    return answer;
  }

  /** Resolves with `{conversation, number, seq, at}`. @throws {ClatterError} */
  send(to: Target, text: string, more: JsonObject = {}): Promise<JsonObject> {
    return this.command('message.send', { ...to, kind: 'text', text, ...more });
  }

  /** Older messages of a conversation; false when there are none. @throws {ClatterError} */
  history(conversation: string, limit?: number): Promise<boolean> {
    return this.#replica.history(conversation, limit);
  }

  /** Everything up to `number` was read. */
  markRead(conversation: string, number: number): void {
    this.#post({ type: 'read', conversation, number });
  }

  typing(conversation: string, on: boolean): void {
    this.#post({ type: 'typing', conversation, on });
  }

  /**
   * Whose presence to tell, by the event `presence`: first the present state, then changes; replaces the former wish, and is said again after
   * a reconnect. Users with whom no conversation is shared are left out.
   */
  watch(wanted: Watched): void {
    this.#post(this.#presence.watch(wanted));
  }

  /** Whether the user is at this device, or away from it. */
  active(on: boolean): void {
    this.#post(this.#presence.active(on));
  }

  ping(): void {
    this.#post({ type: 'ping' });
  }

  reconnect(): void {
    this.#connection.reconnect();
  }

  #post(frame: ClientFrame): void {
    this.#connection.send([frame]);
  }

  #send(): void {
    if (!this.#connection.open) return;
    this.#connection.send(this.#outbox.due(this.#connection.number).map(({ ref, name, data }) => ({ type: 'command', ref, name, data })));
  }

  #frame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'ok':
        this.#outbox.ok(frame);
        return this.#send();
      case 'error':
        if (frame.ref === undefined) return this.#events.emit('error', frame);
        this.#outbox.error({ ...frame, ref: frame.ref });
        return this.#send();
      case 'typing':
        return this.#events.emit('typing', frame);
      case 'presence':
        this.#presence.take(frame);
        return this.#events.emit('presence', frame);
      default:
        this.#replica.frame(frame);
    }
  }

  #tell(status: Status): void {
    if (status.is === this.#status.is && status.reason === this.#status.reason) return;
    this.#status = status;
    this.#events.emit('status', status);
  }
}

const newDevice = (random: () => number): string => Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('');

export const isCode = (error: unknown, code: ClatterError['code']): boolean => error instanceof ClatterError && error.code === code;
