import type { PresenceFact } from '@clatter/contract';
import { GRACE, SILENCE } from './cells.ts';
import type { PresenceRules } from './rules.ts';
import { opening, TestPartition } from './testPartition.ts';

/** In [0, n). */
export type Below = (n: number) => number;
type Connection = { readonly user: string; readonly device: string; readonly edge: Edge; readonly id: string; active: boolean };
type Edge = { readonly name: string; alive: boolean; n: number; readonly term: number };

const USERS = ['anna', 'ben', 'carl'];
const STEP = 1_000;
/** Until a status must be right: an edge is lost and told at a tick, the grace is over at a tick. */
const SETTLED = SILENCE + GRACE + 2 * 5_000 + STEP;

/**
 * A random life of a few people, devices and edges in one partition, beside a plain account of who is truly connected. Edges die and new ones
 * come, commands are copied, the log is away for a while, owners take over. Throws where presence says what can't be.
 */
export class Schedule {
  readonly partition: TestPartition;
  readonly #below: Below;
  readonly #edges: Edge[] = [];
  readonly #open = new Set<Connection>();
  /** ms: since when a user's true state is what it is */
  readonly #since = new Map<string, number>();
  #ids = 0;

  constructor(below: Below, rules: PresenceRules) {
    this.#below = below;
    this.partition = new TestPartition(rules);
    for (let i = 0; i < 2; i++) this.#newEdge();
  }

  /** So many seconds of life, then calm until all must be right. @throws {Error} */
  run(seconds: number): void {
    for (let i = 0; i < seconds; i++) {
      for (let acts = this.#below(3); acts > 0; acts--) this.#act();
      this.#second(i);
    }
    for (let i = 0; i * STEP <= SETTLED; i++) this.#second(i);
    for (const user of USERS) {
      const truth = this.#truth(user);
      if (this.partition.status(user) !== truth) throw new Error(`${user} is ${truth}, presence says ${this.partition.status(user)}`);
    }
  }

  #act(): void {
    const act = this.#below(100);
    if (act < 45) this.#connect();
    else if (act < 70) this.#disconnect();
    else if (act < 90) this.#turn();
    else if (act < 93) this.#die();
    else if (act < 96) this.partition.takeOver();
    else if (act < 98) this.#away();
  }

  #second(i: number): void {
    this.partition.now += STEP;
    if (i % 5 === 0) this.#beats();
    if (i % 5 === 3) this.#heard(this.partition.tick());
  }

  #beats(): void {
    for (const edge of this.#edges) if (edge.alive) this.#beat(edge);
  }

  #beat(edge: Edge): void {
    const leases = [...this.#open].filter((c) => c.edge === edge).length;
    this.#heard(this.partition.beat(edge.name, leases, `${edge.name}.${edge.term}`));
  }

  /** Nothing can be appended for a while; then the owner's tick may be faster than the beats. */
  #away(): void {
    this.partition.now += 12_000 + this.#below(60_000);
    this.#heard(this.partition.tick());
    this.#beats();
  }

  #connect(): void {
    const edge = this.#pick(this.#edges.filter((e) => e.alive));
    const user = this.#pick(USERS);
    const device = `d${this.#below(2)}`;
    for (const c of [...this.#open]) if (c.user === user && c.device === device && c.edge === edge) this.#close(c); // the edge does so itself
    const c: Connection = { user, device, edge, id: `c${++this.#ids}`, active: this.#below(3) > 0 };
    this.#note(user);
    for (const other of this.#open) if (other.user === user && other.device === device) this.#open.delete(other); // replaced
    this.#open.add(c);
    this.#say('session.opened', c, this.#opening(c, false));
  }

  #disconnect(): void {
    const c = this.#pick([...this.#open].filter((one) => one.edge.alive));
    if (c) this.#close(c);
  }

  #turn(): void {
    const c = this.#pick([...this.#open].filter((one) => one.edge.alive));
    if (!c) return;
    this.#note(c.user);
    c.active = !c.active;
    this.#say('session.active', c, { lease: this.#lease(c), holder: this.#holder(c), n: c.edge.n++, on: c.active });
  }

  /** Killed: nobody says that its connections ended; another edge comes. */
  #die(): void {
    const edge = this.#pick(this.#edges.filter((e) => e.alive));
    edge.alive = false;
    for (const c of [...this.#open]) {
      if (c.edge !== edge) continue;
      this.#note(c.user);
      this.#open.delete(c);
    }
    this.#newEdge();
  }

  #close(c: Connection): void {
    this.#note(c.user);
    this.#open.delete(c);
    this.#say('session.closed', c, { lease: this.#lease(c), holder: this.#holder(c), n: c.edge.n++ });
  }

  #opening(c: Connection, again: boolean): object {
    const { user, edge, device, id, active } = c;
    const more = { lease: this.#lease(c), holder: this.#holder(c), connection: id, session: `s-${user}`, device, active, again };
    return opening(user, edge.name, edge.n++, more);
  }

  /** Now and then the same command stands in the log twice. */
  #say(name: string, c: Connection, data: object): void {
    this.#heard(this.partition.take(name, c.user, data));
    if (this.#below(5) === 0) this.#heard(this.partition.take(name, c.user, data));
  }

  #heard(facts: readonly PresenceFact[]): void {
    for (const fact of facts) {
      if (fact.name === 'presence.changed' && fact.data.status === 'offline') this.#mayBeOffline(fact.data.user);
      if (fact.name === 'edge.lost') this.#lost(fact.data.edge, fact.data.holder);
    }
  }

  /** Offline is never said of somebody who is connected, nor within their grace. */
  #mayBeOffline(user: string): void {
    if ([...this.#open].some((c) => c.user === user)) throw new Error(`${user} is connected and said to be offline`);
    if (this.partition.now - (this.#since.get(user) ?? 0) < GRACE) throw new Error(`${user} is said to be offline within the grace`);
  }

  /** A live edge is never lost: it has beaten whenever the log could take it. */
  #lost(name: string, holder: string): void {
    const edge = this.#edges.find((e) => e.name === name);
    if (edge?.alive && holder === `${name}.${edge.term}`) throw new Error(`${name} is alive and said to be lost`);
  }

  #truth(user: string): string {
    const own = [...this.#open].filter((c) => c.user === user);
    if (own.length === 0) return 'offline';
    return own.some((c) => c.active) ? 'online' : 'away';
  }

  #note(user: string): void {
    this.#since.set(user, this.partition.now);
  }
  #newEdge(): void {
    this.#edges.push({ name: `e${this.#edges.length}`, alive: true, n: 0, term: 1 });
  }
  #lease(c: Connection): string {
    return `${c.id}.${c.edge.term}`;
  }
  #holder(c: Connection): string {
    return `${c.edge.name}.${c.edge.term}`;
  }
  #pick<T>(list: readonly T[]): T {
    return list[this.#below(list.length)] as T;
  }
}
