import { Client, type ClientRules, memoryStorage, type Snapshot, type Storage, type Transport } from '@clatter/client';
import { TOPICS } from '@clatter/contract';
import { Edge } from '@clatter/edge';
import { ownerPart, projectorPart, type Report, routerPart } from '@clatter/engine';
import { type Airborne, type AppendFault, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import {
  messagesPage,
  messagingCollections,
  messagingDecider,
  messagingReadModels,
  messagingRouted,
  messagingSources,
  type QueryDeps,
  syncPage,
} from '@clatter/messaging';
import { type Ids, type Part, type ReadModels, SILENT, UNMEASURED } from '@clatter/ports';
import { type Random, Truth, Violation } from '@clatter/testing';
import { checkCursor } from './checks.ts';
import { SimSocket } from './network.ts';
import type { SimRules } from './rules.ts';
import { Scheduler, type SimHost } from './scheduler.ts';

export const PARTITIONS = 2;
const EVENTS = TOPICS.messagingEvents.name;

export type Role = 'owner' | 'projector' | 'router' | 'edge';
export type Node = { readonly role: Role; readonly host: SimHost; readonly part: Part; readonly edge?: Edge };
export type Person = {
  readonly name: string;
  readonly user: string;
  readonly host: SimHost;
  readonly client: Client;
  readonly sockets: Set<SimSocket>;
  readonly sent: Sent[];
};
/** A command that a person sent, and how it was answered. */
export type Sent = { readonly text: string; answer?: object; code?: string };

/** How hard a run is on the system; the seed picks. */
export type Rates = { append: number; move: number; expel: number; freeze: number; kill: number; cut: number; torn: number; slow: number };

/** A whole cluster in one process, on the memory adapters, and what the log says of it. */
export class World {
  readonly random: Random;
  readonly scheduler: Scheduler;
  readonly cluster = new MemoryCluster({ heartbeatMs: 500 });
  readonly feeds = new MemoryFeeds();
  readonly truth: Truth[] = [];
  readonly nodes: Node[] = [];
  readonly zombies: Node[] = [];
  readonly people: Person[] = [];
  readonly faults: Record<string, number> = {};
  readonly rates: Rates;
  readonly rules: SimRules;
  readonly failures: unknown[] = [];
  readonly ids: Ids;
  faulty = true;
  ring = 4_000;
  #report: Report = { log: SILENT, metrics: UNMEASURED };
  #queries: QueryDeps | undefined;
  #names = 0;
  pageLimit = 3;

  constructor(random: Random, rates: Rates, rules: SimRules, trace: ((text: string) => void) | undefined) {
    this.random = random;
    this.rates = rates;
    this.rules = rules;
    this.scheduler = new Scheduler(random);
    this.scheduler.trace = trace;
    if (trace) {
      const say = (level: string) => (fields: object, text: string) =>
        trace(`    ${level} ${text} ${JSON.stringify(fields, (_k, v) => (v instanceof Error ? v.stack?.slice(0, 400) : v)).slice(0, 600)}`);
      this.#report = { log: { debug: say('debug'), info: say('info'), warn: say('warn'), error: say('error') }, metrics: UNMEASURED };
    }
    this.ids = { random: random.next, uuid7: () => this.#name(), name: () => this.#name() };
    for (let p = 0; p < PARTITIONS; p++) this.truth.push(new Truth());
    this.cluster.onAppend = (topic, partition, base) => {
      if (topic !== EVENTS) return;
      for (const { offset, headers, value } of this.cluster.partition(topic, partition).records.slice(base)) {
        trace?.(`    LOG ${partition}@${offset} ${headers.o === undefined ? `${headers.e} ${value.slice(0, 420)}` : `claim ${headers.e} ${headers.o}`}`);
        this.guard(() => this.truth[partition]?.push(offset, headers, value));
      }
    };
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
    const host = this.scheduler.host('queries');
    host.torn = () => this.random.chance(this.rates.torn);
    const log = this.cluster.log(host);
    await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    const store = this.cluster.store(host);
    const models = messagingReadModels({ log, store, clock: host.clock });
    this.#queries = { store, readModels: models, log, clock: host.clock, sizes: { fresh: 3, changed: 3, limited: 2 } };
    void models.start();
    const auth = this.scheduler.host('auth');
    const ports = { log: this.cluster.log(auth), store: this.cluster.store(auth), clock: auth.clock, ids: this.ids, report: this.#report };
    void routerPart({ service: 'auth', topics: [{ topic: TOPICS.authEvents.name, kind: 'plain' }], ...ports, listener: this.feeds.listener(auth.hop) }).start();
    for (const role of ['owner', 'owner', 'projector', 'projector', 'router', 'router', 'edge', 'edge'] as const) this.add(role);
  }

  add(role: Role): Node {
    const host = this.scheduler.host(`${role}${++this.#names}`);
    host.fault = () => this.#fault();
    host.later = (run) => this.later(run);
    host.batch = () => 1 + this.random.below(4);
    const { unguarded } = this.rules;
    if (unguarded !== undefined)
      host.unguarded = (collection) => (unguarded === 'm' ? /^(messages|members|conversations)/.test(collection) : collection.includes(unguarded));
    const ports = { log: this.cluster.log(host), store: this.cluster.store(host), clock: host.clock, ids: this.ids, report: this.#report };
    const node = this.#make(role, host, ports);
    this.nodes.push(node);
    node.part.start().catch((error: unknown) => this.#report.log.warn({ error }, `${host.name} could not start`));
    return node;
  }

  #make(
    role: Role,
    host: SimHost,
    ports: { log: ReturnType<MemoryCluster['log']>; store: ReturnType<MemoryCluster['store']>; clock: SimHost['clock']; ids: Ids; report: Report },
  ): Node {
    const names = { commands: TOPICS.messagingCommands.name, events: EVENTS };
    const { rules } = this;
    switch (role) {
      case 'owner':
        return {
          role,
          host,
          part: ownerPart({
            service: 'messaging',
            ...names,
            decider: messagingDecider({ windowSize: 4, ...rules.decider }),
            ...ports,
            settings: { flushMs: 800, flushEvents: 6, batchCommands: 3, cellBytes: 1_500, backOffMin: 300, backOffMax: 900 },
            rules: rules.owner ?? {},
          }),
        };
      case 'projector':
        return {
          role,
          host,
          part: projectorPart({
            service: 'messaging',
            sources: messagingSources,
            collections: messagingCollections,
            ...ports,
            settings: { batchRecords: 3, pollMs: 20_000 },
            rules: rules.projector ?? {},
          }),
        };
      case 'router':
        return {
          role,
          host,
          part: routerPart({
            service: 'messaging',
            topics: messagingRouted,
            ...ports,
            listener: this.feeds.listener(host.hop),
            settings: { ringBytes: this.ring, ringMs: 20_000, coverRecords: 2 },
            rules: rules.router ?? {},
          }),
        };
      case 'edge': {
        const models = messagingReadModels(ports);
        const edge = new Edge(
          {
            ...ports,
            dialer: this.feeds.dialer(host.hop, this.random.next),
            readModels: models as ReadModels,
            tokens: { verify: async (token) => ({ user: token, session: `s-${token}`, expires: Number.MAX_SAFE_INTEGER }) },
            accounts: { isRevoked: async () => false, unknown: async (users) => (this.faulty && this.random.chance(0.15) ? users : []) },
          },
          { heartbeat: 5_000, inFlight: 2, refSpan: 4, slowBytes: this.rates.slow > 0 ? 3_000 : 1_000_000, resetWave: 4_000, markEvery: 200, drainWave: 1_000 },
          rules.edge ?? {},
        );
        const part: Part = { name: 'edge', start: () => models.start().then(() => edge.start()), stop: () => edge.stop() };
        return { role, host, part, edge };
      }
    }
  }

  /** A person with one device. */
  join(user: string, name: string): Person {
    const host = this.scheduler.host(name);
    const sockets = new Set<SimSocket>();
    const rules: ClientRules = this.rules.client ?? {};
    const storage = this.#checked(memoryStorage(), user, () => person);
    const client: Client = new Client({
      transport: this.#transport(host, sockets, user),
      storage,
      tokens: { get: async () => user },
      clock: host.clock,
      random: this.random.next,
      pageLimit: this.pageLimit,
      rules,
    });
    const person: Person = { name, user, host, client, sockets, sent: [] };
    this.people.push(person);
    client.start();
    return person;
  }

  #transport(host: SimHost, sockets: Set<SimSocket>, user: string): Transport {
    const asked = async <T>(run: (deps: QueryDeps) => Promise<T>): Promise<T> => {
      const result = await run(this.#queries as QueryDeps);
      await host.step('answer');
      return result;
    };
    return {
      connect: (handlers) => {
        const edges = this.nodes.filter((n) => n.edge && !n.host.dead);
        const node = this.random.pick(edges);
        const lastRev = new Map<string, number>();
        const socket = new SimSocket(node.edge as Edge, node.host, host, handlers, this.random, (text) =>
          this.guard(() => this.#checkFrame(text, user, lastRev)),
        );
        sockets.add(socket);
        for (const old of sockets) if (!old.open) sockets.delete(old);
        return socket.handle;
      },
      sync: (query) => asked((deps) => syncPage(deps, { user }, query, this.rules.query)),
      messages: (conversation, query) => asked((deps) => messagesPage(deps, { user }, conversation, query, this.rules.query)),
    };
  }

  /** P4 at the socket: each event once and in order; P6: none after a removal. */
  #checkFrame(text: string, user: string, lastRev: Map<string, number>): void {
    const frame = JSON.parse(text) as { type: string; conversation: string; rev: number };
    if (frame.type !== 'event') return;
    const { conversation, rev } = frame;
    if (rev <= (lastRev.get(conversation) ?? -1)) throw new Violation('P4', `event ${conversation}@${rev} after @${lastRev.get(conversation)} to ${user}`);
    lastRev.set(conversation, rev);
    if (!this.truth.some((t) => t.maySend(conversation, user, rev))) throw new Violation('P6', `event ${conversation}@${rev} was sent to ${user}`);
  }

  #checked(storage: Storage, user: string, person: () => Person): Storage {
    return {
      ...storage,
      saveState: (snapshot: Snapshot | undefined) => {
        if (snapshot) this.guard(() => checkCursor(this.truth, snapshot, user, person().name));
        storage.saveState(snapshot);
      },
    };
  }

  later(run: () => void): void {
    const host = this.scheduler.host('late');
    this.count('late write');
    host.clock.after(this.random.below(this.random.chance(0.3) ? 8_000 : 300), run);
  }

  /** A process dies; what it had sent and not heard of may still land. */
  kill(node: Node): void {
    this.scheduler.trace?.(`KILL ${node.host.name}`);
    this.scheduler.kill(node.host);
    for (const air of [...this.cluster.airborne] as Airborne[]) {
      if (air.host !== node.host) continue;
      this.cluster.airborne.delete(air);
      if (this.random.chance(0.5)) this.later(air.land);
    }
    for (const group of this.#groups()) for (const member of [...group.members]) if (member.host === node.host) group.remove(member);
    if (node.role === 'edge')
      for (const person of this.people) for (const socket of person.sockets) if (socket.edgeHost === node.host) socket.cut(this.random.chance(0.5));
    if (node.role === 'edge' || node.role === 'router') this.feeds.cut(node.host.hop);
    this.nodes.splice(this.nodes.indexOf(node), 1);
  }

  #groups() {
    return ['messaging.owner', 'messaging.projector.g1'].flatMap((name) => this.cluster.group(name) ?? []);
  }

  /** A partition goes to another member: asked for, or taken from one that is believed dead. */
  move(role: 'owner' | 'projector', how: 'ask' | 'expel'): void {
    const group = this.cluster.group(role === 'owner' ? 'messaging.owner' : 'messaging.projector.g1');
    if (!group || group.members.size < 2) return;
    const partition = this.random.below(PARTITIONS);
    const others = [...group.members].filter((m) => m !== group.ownerOf(partition));
    this.count(`${role} ${how}`);
    this.scheduler.trace?.(`MOVE ${role} ${partition} ${how} from ${group.ownerOf(partition)?.host.name}`);
    group.move(partition, this.random.pick(others), how);
  }

  #fault(): AppendFault | undefined {
    if (!this.faulty || !this.random.chance(this.rates.append)) return undefined;
    const fault = this.random.pick(['fail', 'lost', 'written', 'late', 'late', 'double'] as const);
    this.count(`append ${fault}`);
    return fault;
  }

  #name(): string {
    return `n${(++this.#names).toString(36)}`;
  }
}
