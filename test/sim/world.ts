import { Client, memoryStorage, type Snapshot, type Storage, type Transport } from '@clatter/client';
import { TOPICS } from '@clatter/contract';
import type { Edge } from '@clatter/edge';
import { type Report, routerPart } from '@clatter/engine';
import type { Decider } from '@clatter/kernel';
import { type AppendFault, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import { messagesPage, messagingDecider, messagingReadModels, type QueryDeps, syncPage } from '@clatter/messaging';
import { type Ids, type Part, SILENT, UNMEASURED } from '@clatter/ports';
import type { Random } from '@clatter/testing';
import { checkCursor, checkDrop } from './checks.ts';
import { SimSocket } from './network.ts';
import { makeNode } from './nodes.ts';
import type { Profile } from './profiles.ts';
import type { SimRules } from './rules.ts';
import { Scheduler, type SimHost } from './scheduler.ts';
import { Watch } from './watch.ts';

const EVENTS = TOPICS.messagingEvents.name;

export type Role = 'owner' | 'projector' | 'router' | 'edge';
export type Node = { readonly role: Role; readonly host: SimHost; readonly part: Part; readonly edge?: Edge };
export type Person = {
  readonly name: string;
  readonly user: string;
  host: SimHost;
  readonly storage: Storage;
  client: Client;
  readonly sockets: Set<SimSocket>;
  readonly sent: Sent[];
  /** conversation -> the last removal that its device was told of */
  readonly told: Map<string, number>;
};
/** A command that a person sent, and how it was answered. */
export type Sent = { readonly text: string; answer?: object; code?: string };

/** A whole cluster in one process, on the memory adapters, and what the log says of it. */
export class World {
  readonly random: Random;
  readonly profile: Profile;
  readonly rules: SimRules;
  readonly scheduler: Scheduler;
  readonly cluster = new MemoryCluster({ heartbeatMs: 500 });
  readonly feeds = new MemoryFeeds();
  readonly watch: Watch;
  readonly nodes: Node[] = [];
  readonly people: Person[] = [];
  readonly faults: Record<string, number> = {};
  readonly failures: unknown[] = [];
  readonly ids: Ids;
  faulty = true;
  #report: Report = { log: SILENT, metrics: UNMEASURED };
  #queries: QueryDeps | undefined;
  #names = 0;

  constructor(random: Random, profile: Profile, rules: SimRules, trace: ((text: string) => void) | undefined) {
    this.random = random;
    this.profile = profile;
    this.rules = rules;
    this.scheduler = new Scheduler(random);
    this.scheduler.trace = trace;
    if (trace) {
      const say = (level: string) => (fields: object, text: string) =>
        trace(`    ${level} ${text} ${JSON.stringify(fields, (_k, v) => (v instanceof Error ? v.stack?.slice(0, 400) : v)).slice(0, 600)}`);
      this.#report = { log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }, metrics: UNMEASURED };
    }
    this.ids = { random: random.next, uuid7: () => this.#name(), name: () => this.#name() };
    this.watch = new Watch(this.cluster, this.#decider(), profile.partitions);
    const { log, metrics } = this.#report;
    const info = (fields: { readonly [name: string]: unknown }, text: string): void => {
      if (text === 'leads') this.guard(() => this.watch.leads(Number(fields.partition), Number(fields.epoch)));
      log.info(fields, text);
    };
    this.#report = { log: { ...log, info }, metrics };
    this.cluster.onPut = (collection, key, doc) => this.guard(() => this.watch.put(collection, key, doc));
    this.cluster.onAppend = (topic, partition, base) => {
      if (topic !== EVENTS) return;
      for (const { offset, headers, value } of this.cluster.partition(topic, partition).records.slice(base)) {
        trace?.(`    LOG ${partition}@${offset} ${headers.o === undefined ? `${headers.e} ${value.slice(0, 420)}` : `claim ${headers.e} ${headers.o}`}`);
        this.guard(() => this.watch.appended(partition, offset, headers, value));
      }
    };
  }

  get truth() {
    return this.watch.truth;
  }

  /** Remembers the first violation instead of letting it vanish in somebody's promise. */
  guard(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.failures.push(error);
    }
  }

  count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  async start(): Promise<void> {
    const host = this.host('queries', 'queries');
    const log = this.cluster.log(host);
    await log.ensureTopics(Object.values(TOPICS), this.profile.partitions);
    const store = this.cluster.store(host);
    const models = messagingReadModels({ log, store, clock: host.clock });
    this.#queries = { store, readModels: models, log, clock: host.clock, sizes: { fresh: 3, changed: 3, limited: 2 } };
    void models.start();
    const auth = this.host('auth', undefined);
    const ports = { log: this.cluster.log(auth), store: this.cluster.store(auth), clock: auth.clock, ids: this.ids, report: this.#report };
    void routerPart({ service: 'auth', ...ports, listener: this.feeds.listener(auth.hop) }).start();
    for (const role of ['owner', 'projector', 'router', 'edge'] as const) for (let i = 0; i < this.profile.roles[role]; i++) this.add(role);
  }

  /** A host whose operations are as slow as those of its kind. */
  host(name: string, kind: Role | 'queries' | undefined): SimHost {
    const host = this.scheduler.host(name);
    const slow = kind && this.profile.slow[kind];
    if (slow) host.slow = (label) => (label.startsWith(slow.only ?? '') && this.faulty && this.random.chance(slow.chance) ? this.random.below(slow.ms) : 0);
    if (kind === 'queries') host.torn = () => this.faulty && this.random.chance(this.profile.torn);
    return host;
  }

  add(role: Role): Node {
    const host = this.host(`${role}${++this.#names}`, role);
    host.fault = () => this.#fault();
    host.later = (run) => this.later(run);
    host.batch = () => 1 + this.random.below(4);
    const { unguarded, forgets } = this.rules;
    if (unguarded) host.unguarded = (collection) => unguarded.test(collection);
    if (forgets) host.forgets = (collection) => forgets.test(collection);
    const node = makeNode(role, {
      host,
      log: this.cluster.log(host),
      store: this.cluster.store(host),
      ids: this.ids,
      report: this.#report,
      feeds: this.feeds,
      random: this.random,
      profile: this.profile,
      rules: this.rules,
      decider: this.profile.versions && this.#names % 2 === 0 ? nextVersion(this.#decider()) : this.#decider(),
      unknown: (users) => (this.faulty && this.random.chance(this.profile.unknown) ? users : []),
    });
    this.nodes.push(node);
    node.part.start().catch((error: unknown) => this.#report.log.warn({ error }, `${host.name} could not start`));
    return node;
  }

  #decider(): Decider {
    return messagingDecider({ windowSize: this.profile.window, ...this.rules.decider });
  }

  /** A person with one device. */
  join(user: string, name: string): Person {
    const sockets = new Set<SimSocket>();
    const storage = this.#checked(memoryStorage(), user, name);
    const host = this.host(name, undefined);
    const told = new Map<string, number>();
    const person: Person = { name, user, host, storage, sockets, sent: [], told, client: this.#client({ name, user, host, sockets, storage, told }) };
    this.people.push(person);
    person.client.start();
    return person;
  }

  /** The program ends and starts again from what it had stored. */
  restart(person: Person): void {
    person.client.close();
    this.scheduler.kill(person.host);
    for (const socket of person.sockets) socket.cut(true);
    person.host = this.host(person.name, undefined);
    person.client = this.#client(person);
    person.client.start();
  }

  #client(of: Omit<Person, 'client' | 'sent'>): Client {
    const { user, host, told, name } = of;
    const client: Client = new Client({
      transport: this.#transport(of),
      storage: of.storage,
      tokens: { get: async () => user },
      clock: host.clock,
      random: () => this.random.next() * this.profile.patience,
      pageLimit: this.profile.pageLimit,
      rules: this.rules.client ?? {},
    });
    client.on('left', ({ conversation }) => this.guard(() => checkDrop(this.truth, client.cursor, conversation, user, told.get(conversation) ?? -1, name)));
    return client;
  }

  #transport({ host, sockets, user, told }: Pick<Person, 'host' | 'sockets' | 'user' | 'told'>): Transport {
    const asked = async <T>(run: (deps: QueryDeps) => Promise<T>, check: (result: T) => void): Promise<T> => {
      const result = await run(this.#queries as QueryDeps);
      this.guard(() => check(result));
      await host.step('answer');
      return result;
    };
    const { query: rules } = this.rules;
    return {
      connect: (handlers) => {
        const edges = this.nodes.filter((n) => n.edge && !n.host.dead);
        const node = this.random.pick(edges);
        const check = this.watch.connection(user, told);
        const socket: SimSocket = new SimSocket(node.edge as Edge, node.host, host, handlers, this.random, (text) => {
          this.scheduler.trace?.(`    ${node.host.name} TO ${host.name} ${text.slice(0, 300)}`);
          this.guard(() => check(text));
          if (text.includes('"conversation.left"')) this.#cutSoon(socket);
        });
        sockets.add(socket);
        for (const old of sockets) if (!old.open) sockets.delete(old);
        return socket.handle;
      },
      sync: (query) =>
        asked(
          (deps) => syncPage(deps, { user }, query, rules),
          (page) => {
            this.scheduler.trace?.(`    SYNC ${host.name} ${JSON.stringify(query)} gives ${JSON.stringify(page).slice(0, 600)}`);
            this.watch.synced(user, query, page, told);
          },
        ),
      messages: (conversation, query) =>
        asked(
          (deps) => messagesPage(deps, { user }, conversation, query, rules),
          ({ messages }) => {
            for (const { rev } of messages) this.watch.mayRead(user, conversation, rev);
          },
        ),
    };
  }

  #cutSoon(socket: SimSocket): void {
    if (!this.faulty || !this.random.chance(this.profile.rates.cutOnLeft)) return;
    this.count('cut on removal');
    socket.clientHost.clock.after(this.random.below(60), () => socket.cut(this.random.chance(0.2)));
  }

  #checked(storage: Storage, user: string, name: string): Storage {
    return {
      ...storage,
      saveState: (snapshot: Snapshot | undefined) => {
        if (snapshot) this.guard(() => checkCursor(this.truth, snapshot, user, name));
        storage.saveState(snapshot);
      },
    };
  }

  later(run: () => void): void {
    const host = this.scheduler.host('late');
    this.count('late write');
    host.clock.after(this.random.below(this.random.chance(0.3) ? 8_000 : 300), run);
  }

  #fault(): AppendFault | undefined {
    if (!this.faulty || !this.random.chance(this.profile.rates.append)) return undefined;
    const fault = this.random.pick(['fail', 'lost', 'written', 'late', 'late', 'double'] as const);
    this.count(`append ${fault}`);
    return fault;
  }

  #name(): string {
    return `n${(++this.#names).toString(36)}`;
  }
}

/** A version of the owner that refuses what another accepts, as in the middle of an upgrade: only the epoch keeps the two apart. */
const nextVersion = (decider: Decider): Decider => ({
  ...decider,
  decide: (get, command) => {
    const made = decider.decide(get, command);
    if (made.outcome !== 'accepted' || command.name === 'conversation.create' || command.offset % 3 !== 0) return made;
    const { answer: _, ...rest } = made;
    return { ...rest, outcome: 'rejected', events: [], code: 'rate_limited' };
  },
});
