import type { EventFrame, MarkFrame, ServerFrame, SignalFrame, SyncPage, SyncQuery } from '@clatter/contract';
import { ClatterError, fullJitter } from '@clatter/kernel';
import type { Emitter } from './events.ts';
import { applyEvent, applyLeft, applyMark } from './law/applyFrame.ts';
import { applyHistory, applySync } from './law/applySync.ts';
import { type ClientState, EMPTY, lowest } from './law/state.ts';
import type { Snapshot } from './outbox/storage.ts';
import type { ClientRules } from './rules.ts';
import type { ClientClock, Transport } from './transport.ts';

export type ReplicaOptions = {
  readonly transport: Pick<Transport, 'sync' | 'messages'>;
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly rules: ClientRules;
  readonly events: Emitter;
  readonly snapshot: Snapshot | undefined;
  /** called when the cursor moved: it and the state belong together */
  readonly stored: (snapshot: Snapshot | undefined) => void;
  /** nothing is under way any more: a ping now brings a cursor worth keeping */
  readonly calm: () => void;
  /** the sync after `welcome` has ended */
  readonly synced: () => void;
  readonly pageLimit?: number;
};

type Held = EventFrame | MarkFrame | SignalFrame;

/**
 * What the client holds, kept by the law (protocol §5): state(sync since c) + every later frame = state(fresh sync).
 * Frames of a conversation that a sync or a history page is under way for wait until it has ended.
 */
export class Replica {
  readonly #o: ReplicaOptions;
  #state: ClientState;
  #cursor: string | undefined;
  #user = '';
  #connection = 0;
  /** conversation, or '*' for all -> how many jobs are under way */
  readonly #jobs = new Map<string, number>();
  #held: Held[] = [];
  /** conversation with a gap -> how many syncs were begun to close it */
  readonly #gaps = new Map<string, number>();

  constructor(options: ReplicaOptions) {
    this.#o = options;
    this.#state = options.snapshot?.state ?? EMPTY;
    this.#cursor = options.snapshot?.cursor;
  }

  get state(): ClientState {
    return this.#state;
  }
  get cursor(): string | undefined {
    return this.#cursor;
  }
  /** Nothing is under way and nothing waits. */
  get calm(): boolean {
    return this.#jobs.size === 0 && this.#held.length === 0;
  }

  /** A new connection is live: sync up to where it begins. */
  connected(user: string, upto: string): void {
    this.#user = user;
    this.#anew();
    this.#job('*', () => this.#syncAll(upto)).then(
      (done) => done && this.#o.synced(),
      () => {},
    );
  }

  lost(): void {
    this.#anew();
  }

  /** What was under way belongs to the former connection. */
  #anew(): void {
    this.#connection++;
    this.#jobs.clear();
    this.#held = [];
    this.#gaps.clear();
  }

  frame(frame: ServerFrame): void {
    switch (frame.type) {
      case 'event':
      case 'mark':
        return this.#take(frame);
      case 'signal':
        if (frame.name === 'conversation.joined' || frame.name === 'conversation.left') return this.#take(frame);
        return this.#o.events.emit('signal', frame);
      case 'pong':
        // it covers what was queued before it: only worth keeping when all of that has been applied
        if (frame.cursor !== undefined && (this.calm || this.#o.rules.cursorNotDuringSync === false)) this.#store(frame.cursor);
        return;
      default:
    }
  }

  /** A page of older messages. false where nothing is left or the conversation is not held. @throws {ClatterError} */
  async history(conversation: string, limit = 50): Promise<boolean> {
    const held = this.#state.get(conversation);
    if (!held) return false;
    const before = lowest(held);
    if (before <= 1) return false;
    const done = await this.#job(conversation, async (ok) => {
      const rev = this.#o.rules.historyRev === false ? {} : { rev: held.rev };
      const page = await this.#o.transport.messages(conversation, { ...(Number.isFinite(before) ? { before } : {}), limit, ...rev });
      if (!ok() || this.#state.get(conversation)?.own.joinedRev !== held.own.joinedRev) return;
      this.#change(applyHistory(this.#state, conversation, page.messages, this.#o.rules), conversation);
    });
    return done;
  }

  #take(frame: Held): void {
    const conversation = frame.type === 'signal' ? String(frame.data.conversation) : frame.conversation;
    if (this.#o.rules.holdFrames !== false && (this.#jobs.has('*') || this.#jobs.has(conversation))) {
      this.#held.push(frame);
      return;
    }
    if (frame.type === 'event') this.#event(frame);
    else if (frame.type === 'mark') this.#mark(frame);
    else if (frame.name === 'conversation.left') this.#left(conversation, frame.rev ?? Number.MAX_SAFE_INTEGER);
    else if (this.#o.rules.joinedSyncs !== false || !this.#state.has(conversation)) this.#syncOne(conversation, frame.data.upto as string | undefined);
  }

  #event(frame: EventFrame): void {
    const before = this.#state.get(frame.conversation);
    const { state, gap } = applyEvent(this.#state, this.#user, frame, this.#o.rules);
    if (gap) {
      this.#held.push(frame);
      return this.#closeGap(frame.conversation);
    }
    this.#gaps.delete(frame.conversation);
    this.#change(state, frame.conversation);
    const after = this.#state.get(frame.conversation);
    for (const { name, data } of frame.events) {
      if (name !== 'message.sent') continue;
      const message = after?.messages.get(data.number as number);
      if (message && message !== before?.messages.get(message.number)) this.#o.events.emit('message', { message, missed: false });
    }
  }

  #mark(frame: MarkFrame): void {
    this.#change(applyMark(this.#state, frame, this.#o.rules), frame.conversation);
    this.#o.events.emit('mark', frame);
  }

  #left(conversation: string, rev: number): void {
    const had = this.#state.has(conversation);
    this.#change(applyLeft(this.#state, conversation, rev, this.#o.rules), conversation);
    if (had && !this.#state.has(conversation)) this.#o.events.emit('left', { conversation });
  }

  async #syncAll(upto: string): Promise<void> {
    const ok = this.#sameConnection();
    for (;;) {
      const since = this.#cursor;
      if (since === undefined && this.#o.rules.freshDropsAll !== false) this.#change(EMPTY, undefined);
      try {
        const cursor = await this.#pages({ upto, ...(since === undefined ? {} : { since }) }, ok);
        if (ok() && cursor !== undefined) this.#store(cursor);
        return;
      } catch (error) {
        if (!(error instanceof ClatterError) || error.code !== 'start_over') throw error;
        this.#cursor = undefined;
        this.#change(EMPTY, undefined);
        this.#o.stored(undefined);
      }
    }
  }

  /** All pages; the cursor of the last. */
  async #pages(query: SyncQuery, ok: () => boolean): Promise<string | undefined> {
    let next: string | undefined;
    for (;;) {
      const limit = this.#o.pageLimit === undefined ? {} : { limit: this.#o.pageLimit };
      const page: SyncPage = await this.#patiently(() => this.#o.transport.sync({ ...(next === undefined ? query : { next }), ...limit }), ok);
      if (!ok()) return undefined;
      for (const one of page.conversations) this.#merge(one);
      if (page.next === undefined) return page.cursor;
      next = page.next;
    }
  }

  #merge(one: SyncPage['conversations'][0]): void {
    const before = this.#state.get(one.conversation);
    this.#change(applySync(this.#state, one, this.#o.rules), one.conversation);
    if (one.left && before && !this.#state.has(one.conversation)) this.#o.events.emit('left', { conversation: one.conversation });
    // messages are read after their conversation and may be ahead of its head: what is held was told already
    const newest = before?.doc.head.number ?? -1;
    for (const message of one.messages ?? [])
      if (message.number > newest && !before?.messages.has(message.number)) this.#o.events.emit('message', { message, missed: true });
  }

  /** Syncs at once; where that failed or brought too little, the frame that shows the gap comes here again, and the next sync waits. */
  #closeGap(conversation: string): void {
    const before = this.#gaps.get(conversation) ?? 0;
    this.#gaps.set(conversation, before + 1);
    this.#syncOne(conversation, undefined, before === 0 ? 0 : fullJitter(before - 1, this.#o.random()));
  }

  /** `wait`: ms until it begins; frames of the conversation are held from now on. */
  #syncOne(conversation: string, upto: string | undefined, wait = 0): void {
    const run = async (ok: () => boolean): Promise<void> => {
      if (wait > 0) await this.#pause(wait);
      if (!ok()) return;
      const since = this.#cursor === undefined ? {} : { since: this.#cursor }; // what is not held was joined beyond it (docs/decisions/0008)
      await this.#pages({ conversation, ...since, ...(upto === undefined ? {} : { upto }) }, ok);
    };
    void this.#job(conversation, run).catch(() => {});
  }

  /** Runs a job of this connection; false when the connection was lost meanwhile. Frames that waited for it are taken after it. */
  async #job(key: string, run: (ok: () => boolean) => Promise<void>): Promise<boolean> {
    const ok = this.#sameConnection();
    this.#jobs.set(key, (this.#jobs.get(key) ?? 0) + 1);
    try {
      await run(ok);
    } finally {
      if (ok()) {
        const left = (this.#jobs.get(key) ?? 1) - 1;
        if (left > 0) this.#jobs.set(key, left);
        else this.#jobs.delete(key);
        const waiting = this.#held;
        this.#held = [];
        for (const frame of waiting) this.#take(frame);
        if (this.calm) this.#o.calm();
      }
    }
    return ok();
  }

  /** Tries again while the server says `unavailable` and the like; gives up with the connection. */
  async #patiently<T>(request: () => Promise<T>, ok: () => boolean): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await request();
      } catch (error) {
        const again = !(error instanceof ClatterError) || ['unavailable', 'timeout', 'internal', 'rate_limited'].includes(error.code);
        if (!again || !ok()) throw error;
        await this.#pause(fullJitter(attempt, this.#o.random()));
        if (!ok()) throw error;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#o.clock.after(ms, resolve));
  }

  #sameConnection(): () => boolean {
    const mine = this.#connection;
    return () => mine === this.#connection;
  }

  #change(state: ClientState, conversation: string | undefined): void {
    if (state === this.#state) return;
    this.#state = state;
    if (conversation !== undefined) this.#o.events.emit('changed', { conversation });
  }

  #store(cursor: string): void {
    this.#cursor = cursor;
    this.#o.stored({ cursor, state: this.#state });
  }
}
