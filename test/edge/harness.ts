import { CLOSE_CODES, type EdgeToRouter, type EventRecord, type Fact, type FeedRecord, HEADER, READ_MODELS, type ServerFrame, TOPICS } from '@clatter/contract';
import { type ClientSocket, Edge, type EdgeRules, type EdgeSettings } from '@clatter/edge';
import { ManualClock, MemoryCluster, MemoryFeeds, type MemoryStore } from '@clatter/memory';
import { type EventLog, LogError, type NewRecord, type ReadModels, type RouterFeed, SILENT, UNMEASURED } from '@clatter/ports';

export const EVENTS = TOPICS.messagingEvents.name;
export const MARKS = TOPICS.messagingMarks.name;
export const COMMANDS = TOPICS.messagingCommands.name;
export const EPHEMERAL = TOPICS.messagingEphemeral.name;
export const PARTITIONS = 2;

/** A router whose every answer the test gives by hand: what an edge must bear is decided here, not by chance. */
export class ScriptedRouter {
  readonly heard: EdgeToRouter[] = [];
  readonly feeds: RouterFeed[] = [];
  /** answers `hello` and `subscribe` at once */
  answers = true;
  readonly at: Record<string, number[]>;
  #next = 1_000;
  #answered = 0;

  constructor(topics: readonly string[]) {
    this.at = Object.fromEntries(topics.map((topic) => [topic, Array.from({ length: PARTITIONS }, () => -1)]));
  }

  readonly accept = (feed: RouterFeed): void => {
    this.feeds.push(feed);
    feed.open({ message: (message) => this.#take(feed, message), closed: () => {} });
  };

  get feed(): RouterFeed {
    return this.feeds.at(-1) as RouterFeed;
  }

  /** Answers everything heard so far. */
  apply(): void {
    const open = this.heard.slice(this.#answered);
    this.#answered = this.heard.length;
    for (const message of open) this.#apply(this.feed, message);
  }

  /** One record at the next offset of a partition. */
  send(topic: string, partition: number, value: object, channels = '', more: Partial<FeedRecord> = {}): number {
    const from = this.at[topic]?.[partition] ?? -1;
    const record = { offset: from + 1, at: this.#next++, key: '', headers: { [HEADER.channels]: channels }, value: JSON.stringify(value), ...more };
    this.feed.send({ t: 'cover', topic, partition, from, to: record.offset, records: [record] });
    (this.at[topic] as number[])[partition] = record.offset;
    return record.offset;
  }

  #take(feed: RouterFeed, message: EdgeToRouter): void {
    this.heard.push(message);
    if (!this.answers) return;
    this.#answered = this.heard.length;
    this.#apply(feed, message);
  }

  #apply(feed: RouterFeed, message: EdgeToRouter): void {
    const fresh = message.t === 'hello' && !message.watermarks;
    feed.send({ t: 'applied', n: message.n, logId: 'memory', ...(fresh ? { watermarks: structuredClone(this.at) } : {}) });
  }
}

/** A socket as the edge sees it, and what came out of it. */
export class TestSocket implements ClientSocket {
  readonly texts: string[] = [];
  code: number | undefined;
  waiting = 0;
  writes = 0;

  send(frames: readonly { readonly text: string }[]): void {
    this.writes++;
    this.texts.push(...frames.map(({ text }) => text));
  }
  buffered(): number {
    return this.waiting;
  }
  close(code: number): void {
    this.code ??= code;
  }
  get frames(): ServerFrame[] {
    return this.texts.map((text) => JSON.parse(text) as ServerFrame);
  }
  of<T extends ServerFrame['type']>(type: T): (ServerFrame & { readonly type: T })[] {
    return this.frames.filter((f): f is ServerFrame & { readonly type: T } => f.type === type);
  }
}

export type Device = { readonly socket: TestSocket; say(...frames: object[]): void; text(text: string): void; gone(): void };

/** What may be slow, missing or broken in a test. */
export type Faults = {
  revoked: Set<string>;
  users: (users: readonly string[]) => Promise<readonly string[]>;
  reached: () => Promise<boolean>;
  /** presence's read models are as far as its feed */
  presenceReached: () => Promise<boolean>;
  append?: (topic: string, records: readonly NewRecord[]) => Promise<void>;
};

export class Bed {
  readonly clock = new ManualClock();
  readonly cluster = new MemoryCluster();
  readonly messaging = new ScriptedRouter([EVENTS, MARKS]);
  readonly auth = new ScriptedRouter([TOPICS.authEvents.name]);
  readonly presence = new ScriptedRouter([TOPICS.presenceEvents.name]);
  readonly faults: Faults = { revoked: new Set(), users: async () => [], reached: async () => true, presenceReached: async () => true };
  readonly edge: Edge;
  readonly store: MemoryStore;
  readonly #feeds = new MemoryFeeds();
  #n = 0;

  constructor(settings: Partial<EdgeSettings> = {}, rules: EdgeRules = {}) {
    const { clock } = this;
    const host = { name: 'edge', clock, step: async () => {} };
    this.store = this.cluster.store(host);
    const log = this.cluster.log(host);
    const faulty: EventLog = {
      ...log,
      append: async (topic, partition, records) => {
        await this.faults.append?.(topic, records);
        return log.append(topic, partition, records);
      },
    };
    const readModels: ReadModels = {
      collection: (name) => `${name}.g1`,
      checkpoints: async () => ({}),
      reached: () => this.faults.reached(),
      pinned: () => readModels,
    };
    const presence: ReadModels = { ...readModels, reached: () => this.faults.presenceReached(), pinned: () => presence };
    this.edge = new Edge(
      {
        log: faulty,
        store: this.store,
        clock,
        ids: { random: () => 0.5, uuid7: () => ref(this.#n++), name: () => `n${this.#n++}` },
        dialer: this.#feeds.dialer(),
        readModels,
        presence,
        // a token is `user`, or `user/session`, or `user/session/ms until it ends`
        tokens: {
          verify: async (token) => {
            const [user = '', session, left] = token.split('/');
            return { user, session: session ?? `s-${user}`, expires: clock.now() + Number(left ?? 3_600_000) };
          },
        },
        accounts: { isRevoked: async (session) => this.faults.revoked.has(session), unknown: (users) => this.faults.users(users) },
        report: { log: SILENT, metrics: UNMEASURED },
      },
      settings,
      rules,
    );
  }

  async start(): Promise<this> {
    await this.cluster.log({ name: 'bed', clock: this.clock, step: async () => {} }).ensureTopics(Object.values(TOPICS), PARTITIONS);
    await this.store.ensure(Object.values(READ_MODELS).map((spec) => ({ ...spec, name: `${spec.name}.g1` })));
    await this.#feeds.listener().listen('messaging', this.messaging.accept);
    await this.#feeds.listener().listen('auth', this.auth.accept);
    await this.#feeds.listener().listen('presence', this.presence.accept);
    await this.edge.start();
    await this.turn();
    return this;
  }

  /** Lets everything happen that needs no time. */
  async turn(): Promise<void> {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** A member's row, as the projector writes it. */
  async member(conversation: string, user: string, rev = 0, gone = false): Promise<void> {
    const row = { conversation, user, role: 'member', joinedRev: rev, joinedNumber: 0, rev, ...(gone ? { gone: true as const } : {}) };
    await this.store.put('members.g1', `${conversation}|${user}`, row);
  }

  socket(address = 'here'): Device {
    const socket = new TestSocket();
    const input = this.edge.accept(socket, { address });
    return {
      socket,
      say: (...frames) => input.message(JSON.stringify(frames.length === 1 ? frames[0] : frames)),
      text: (text) => input.message(text),
      gone: () => input.closed(),
    };
  }

  /** A socket that has said hello. */
  async hello(token: string, device = 'd1', address = 'here'): Promise<Device> {
    const connected = this.socket(address);
    connected.say({ type: 'hello', version: 1, token, device: { id: device } });
    await this.turn();
    return connected;
  }

  /** An accepted record of a conversation. */
  event(key: string, partition: number, events: readonly Partial<Fact>[], more: Partial<EventRecord> = {}, channels = ''): number {
    const actor = { user: 'anna', session: 's', device: 'd' };
    const base = {
      epoch: 1,
      key,
      command: { offset: 0, id: ref(0) },
      actor,
      at: 5,
      origin: { edge: 'other', session: '', ref: ref(0) },
      outcome: 'accepted',
      events,
    };
    return this.messaging.send(EVENTS, partition, { ...base, ...more }, channels);
  }

  /** What stands in a topic, decoded. */
  appended<T>(topic: string): (T & { readonly channels: string | undefined })[] {
    return Array.from({ length: PARTITIONS }, (_, p) => this.cluster.partition(topic, p).records)
      .flat()
      .map(({ value, headers }) => ({ ...(JSON.parse(value) as T), channels: headers[HEADER.channels] }));
  }
}

export const ref = (n: number): string => `0190a000-0000-7000-8000-${String(n).padStart(12, '0')}`;
export const closed = (reason: keyof typeof CLOSE_CODES): number => CLOSE_CODES[reason].code;
export const sent = (number: number, text = 'hi'): Partial<Fact> => ({
  name: 'message.sent',
  v: 1,
  seq: number,
  data: { number, ref: ref(number), kind: 'text', text },
});
export const joined = (user: string): Partial<Fact> => ({
  name: 'members.added',
  v: 1,
  seq: 2,
  data: { members: [{ user, role: 'member' }], joinedNumber: 0 },
});
export const left = (user: string): Partial<Fact> => ({ name: 'member.left', v: 1, seq: 3, data: { user, was: 'member' } });
export const failure = (kind: LogError['kind']): LogError => new LogError(kind, 'as the test wants it');
export const text = (n: number, words = 'hi', to: object = { conversation: 'c1' }) => ({
  type: 'command',
  ref: ref(n),
  name: 'message.send',
  data: { ...to, kind: 'text', text: words },
});
