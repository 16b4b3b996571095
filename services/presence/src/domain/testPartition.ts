import type { PresenceCommand, PresenceCommandName, PresenceFact, PresenceStatus } from '@clatter/contract';
import { type Cell, type Change, type Dated, type Draft, presenceFacts } from '@clatter/kernel';
import { BEATS, userCell, userOf } from './cells.ts';
import { presenceDecider } from './presence.ts';
import type { PresenceRules } from './rules.ts';

/** For tests: one partition as its owner drives it, with the log's time given by hand. Only cells that `reads` names can be seen by `decide`. */
export class TestPartition {
  /** what would stand in the log */
  readonly records: Draft[] = [];
  now = 1_000_000;
  #cells = new Map<string, Cell>();
  /** commands behind the last record */
  #uncovered: Dated[] = [];
  #offset = 0;
  #n = 0;
  readonly #decider;

  constructor(rules: PresenceRules = {}) {
    this.#decider = presenceDecider(rules);
  }

  /** Decides a command at the present time and answers the facts it led to. */
  take(name: string, key: string, data: object): readonly PresenceFact[] {
    const command: Dated = {
      id: String(this.#offset),
      name,
      key,
      actor: { user: '', session: '', device: '' },
      origin: { edge: '', session: '', ref: '' },
      data: data as Dated['data'],
      at: this.now,
      offset: this.#offset++,
    };
    this.#uncovered.push(command);
    return this.#decide(command);
  }

  #decide(command: Dated): readonly PresenceFact[] {
    const decided = this.#decider.decide(this.#loaded(command), command);
    apply(this.#cells, this.#decider.evolve(decided));
    if (decided.events.length > 0) {
      this.records.push(decided);
      this.#uncovered = [];
    }
    return presenceFacts(decided);
  }

  open(user: string, edge: string, more: Partial<PresenceCommand<'session.opened'>> = {}): readonly PresenceFact[] {
    return this.take('session.opened', user, opening(user, edge, this.#n++, more));
  }
  close(user: string, edge: string, lease = `${user}@${edge}`): readonly PresenceFact[] {
    return this.take('session.closed', user, { lease, holder: `${edge}.1`, n: this.#n++ });
  }
  active(user: string, edge: string, on: boolean): readonly PresenceFact[] {
    return this.take('session.active', user, { lease: `${user}@${edge}`, holder: `${edge}.1`, n: this.#n++, on });
  }
  beat(edge: string, leases = 1, holder = `${edge}.1`): readonly PresenceFact[] {
    return this.take('edge.beat', holder, { edge, holder, leases });
  }
  tick(): readonly PresenceFact[] {
    return this.take('tick', 'tick', {});
  }

  /** Some time with a tick every 5 s, each after a beat of these edges. */
  pass(ms: number, ...edges: string[]): readonly PresenceFact[] {
    const facts: PresenceFact[] = [];
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 5_000;
      for (const edge of edges) this.beat(edge);
      facts.push(...this.tick());
    }
    return facts;
  }

  status(user: string): PresenceStatus {
    return userOf(this.#cells.get(userCell(user))).status;
  }
  lastSeen(user: string): number {
    return userOf(this.#cells.get(userCell(user))).lastSeen;
  }
  get cells(): ReadonlyMap<string, Cell> {
    return this.#cells;
  }

  /** Another owner takes over: it knows what the records say, and decides again what came behind the last one. */
  takeOver(): void {
    this.#cells = new Map();
    for (const record of this.records) apply(this.#cells, this.#decider.evolve(record));
    for (const command of this.#uncovered) this.#decide(command);
  }

  #loaded(command: Dated): (name: string) => Cell | undefined {
    const seen = new Set<string>();
    const get = (name: string): Cell | undefined => (seen.has(name) ? this.#cells.get(name) : undefined);
    for (let round = 0; round < 8; round++) {
      const missing = this.#decider.reads(command, get).filter((name) => !seen.has(name));
      if (missing.length === 0) return get;
      for (const name of missing) seen.add(name);
    }
    throw new Error('it names cells for ever');
  }
}

const apply = (cells: Map<string, Cell>, changes: readonly Change[]): void => {
  for (const { cell, to } of changes) cells.set(cell, to(cells.get(cell)));
};

/** The opening of the one connection of a user at an edge in its first term. */
export const opening = (
  user: string,
  edge: string,
  n: number,
  more: Partial<PresenceCommand<'session.opened'>> = {},
): PresenceCommand<PresenceCommandName & 'session.opened'> => ({
  lease: `${user}@${edge}`,
  holder: `${edge}.1`,
  n,
  edge,
  connection: `${user}@${edge}`,
  session: `s-${edge}`,
  device: 'd',
  active: true,
  again: false,
  ...more,
});

/** Everything but the beats, which stand in no record. */
export const logged = (partition: TestPartition): object => Object.fromEntries([...partition.cells].filter(([name]) => name !== BEATS).sort());
