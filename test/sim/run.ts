import { Random, Violation } from '@clatter/testing';
import { compareAnswers, compareClients, compareReadModels } from './compare.ts';
import { Faults } from './faults.ts';
import { Operator } from './operator.ts';
import { People, USERS } from './people.ts';
import { PROFILES, type ProfileName, profileOf } from './profiles.ts';
import type { SimRules } from './rules.ts';
import { World } from './world.ts';

export type Result = {
  readonly seed: number;
  readonly steps: number;
  readonly faults: Record<string, number>;
  readonly commands: number;
  readonly violation?: Error;
};
export type RunOptions = { readonly rules?: SimRules; readonly profile?: ProfileName; readonly rebuild?: true; readonly trace?: (text: string) => void };

/** One seed: a cluster under faults, then healed, compared with the log, reconnected, and compared again. */
export const run = async (seed: number, options: RunOptions = {}): Promise<Result> => {
  const random = new Random(seed);
  const chosen = PROFILES[options.profile ?? profileOf(seed)](random);
  const profile = options.rebuild ? { ...chosen, pollMs: 500 } : chosen;
  const world = new World(random, profile, options.rules ?? {}, options.trace);
  let violation: Error | undefined;
  try {
    await new Simulation(world, options.rebuild ? new Operator(world) : undefined).run();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    violation = error;
    options.trace?.(`VIOLATION ${error.stack}`);
  }
  return {
    seed,
    steps: world.scheduler.steps,
    faults: world.faults,
    commands: world.people.reduce((n, p) => n + p.sent.length, 0),
    ...(violation ? { violation } : {}),
  };
};

const MOST = 9_000;
const LEAST = 1_500;

class Simulation {
  readonly #w: World;
  readonly #faults: Faults;
  readonly #people: People;
  readonly #operator: Operator | undefined;

  constructor(world: World, operator: Operator | undefined) {
    this.#w = world;
    this.#operator = operator;
    this.#faults = new Faults(world);
    this.#people = new People(world);
  }

  async run(): Promise<void> {
    const w = this.#w;
    await w.start();
    for (const [i, user] of [...USERS, ...(w.random.chance(0.3) ? [USERS[0] as string] : [])].entries()) w.join(user, `d${i}${user}`);
    for (let i = 0; i < MOST && (i < LEAST || !this.#people.done); i++) {
      this.#faults.step();
      this.#people.step();
      this.#operator?.step();
      await this.#step();
    }
    this.#faults.end();
    for (let i = 0; i < 300; i++) await this.#step();
    await this.#rest('after healing');
    compareClients(w, 'live');
    for (const person of w.people) person.client.reconnect();
    w.join(w.random.pick(USERS), 'fresh');
    await this.#rest('after reconnecting');
    compareClients(w, 'reconnected');
    compareAnswers(w);
    compareReadModels(w, this.#operator?.serving ?? 1);
  }

  async #step(): Promise<void> {
    await this.#w.scheduler.step();
    const [failure] = this.#w.failures;
    if (failure) throw failure;
  }

  /** Everything that was sent is answered, projected, routed and applied. */
  async #rest(when: string): Promise<void> {
    let calm = 0;
    for (let i = 0; i < 40_000; i++) {
      await this.#step();
      if (i % 20 !== 0) continue;
      this.#operator?.finish();
      calm = this.#w.people.every(({ client }) => client.settled) && this.#unrest() === '' ? calm + 1 : 0;
      if (calm > 15) return;
    }
    const people = this.#w.people.map(({ name, client }) => [name, client.status, client.settled]);
    throw new Violation('stuck', `${when}: ${JSON.stringify(people)} ${this.#unrest()} owners ${this.#owners()}`);
  }

  /** Who owns what, for the report of a run that got stuck. */
  #owners(): string {
    const { cluster, truth } = this.#w;
    const group = cluster.group('messaging.owner');
    const holding = (p: number): string[] => [...(group?.members ?? [])].filter((m) => m.owns(p)).map((m) => m.host.name);
    return truth
      .map(({ fence }, p) => {
        const commands = cluster.partition('messaging.commands', p).records.length - 1;
        return `${p}: ${group?.ownerOf(p)?.host.name}, holding: ${holding(p)}, commands to ${commands}, answered to ${fence.lastCommand}`;
      })
      .join('; ');
  }

  /** What is not at rest yet. */
  #unrest(): string {
    const w = this.#w;
    if (this.#operator && !this.#operator.done) return 'a rebuild is under way';
    if (w.cluster.airborne.size > 0) return 'an append is on its way';
    for (const { edge, host } of w.nodes)
      if ([...(edge?.core.registry.sessions.values() ?? [])].some((s) => s.doomed)) return `${host.name} has yet to close sessions`;
    for (const topic of ['messaging.events', 'messaging.marks']) {
      for (let p = 0; p < w.profile.partitions; p++) {
        const end = w.cluster.partition(topic, p).records.length;
        const checkpoint = w.cluster.documents(`messaging.checkpoints.g${this.#operator?.serving ?? 1}`).get(`${topic}/${p}`)?.rev ?? 0;
        if (checkpoint < end) return `the checkpoint of ${topic}/${p} is ${checkpoint}, the end ${end}`;
        for (const { edge, host } of w.nodes) {
          if (!edge || host.draining) continue;
          const at = edge.core.messaging.watermarks()?.[topic]?.[p] ?? -1;
          if (at < end - 1) return `${host.name} has seen ${at} of ${topic}/${p}, the end is ${end}`;
        }
      }
    }
    return '';
  }
}
