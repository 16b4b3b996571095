import { ClatterError, makeUuid7 } from '@clatter/kernel';
import { Random, Violation } from '@clatter/testing';
import { compareAnswers, compareClients, compareReadModels } from './compare.ts';
import type { SimRules } from './rules.ts';
import { PARTITIONS, type Person, type Rates, type Sent, World } from './world.ts';

export type Result = {
  readonly seed: number;
  readonly steps: number;
  readonly faults: Record<string, number>;
  readonly commands: number;
  readonly violation?: Error;
};
export type RunOptions = { readonly rules?: SimRules; readonly profile?: number; readonly trace?: (text: string) => void };

const USERS = ['ua', 'ub', 'uc'];

/** What each profile is made to show: mixed, connects and membership, owner fights, projector fights, lagging readers, slow clients. */
const profile = (n: number, random: Random): { rates: Rates; churn: boolean; talk: boolean; commands: number; burst: number; ring: number } => {
  const base: Rates = { append: 0, move: 0, expel: 0, freeze: 0, kill: 0, cut: 0, torn: random.pick([0, 0.2, 0.5]), slow: 0 };
  const ring = random.pick([1_500, 4_000, 40_000]);
  switch (n) {
    case 1:
      return { rates: { ...base, cut: 0.012, kill: 0.0006, freeze: 0.001 }, churn: true, talk: false, commands: 45, burst: random.pick([100, 600]), ring };
    case 2:
      return {
        rates: { ...base, append: random.pick([0, 0.05]), move: 0.01, expel: 0.01, freeze: 0.006, cut: 0.001 },
        churn: random.chance(0.6),
        talk: false,
        commands: 60,
        burst: 200,
        ring,
      };
    case 3:
      return {
        rates: { ...base, move: 0.01, expel: 0.01, freeze: 0.006, cut: 0.004 },
        churn: random.chance(0.5),
        talk: random.chance(0.5),
        commands: 60,
        burst: 200,
        ring,
      };
    case 4:
      return { rates: { ...base, cut: 0.006, freeze: 0.002 }, churn: false, talk: true, commands: 70, burst: random.pick([50, 300]), ring };
    case 5:
      return { rates: { ...base, cut: 0.001, freeze: 0.002, slow: 0.004 }, churn: false, talk: true, commands: 60, burst: 50, ring };
    default:
      return {
        rates: {
          append: random.pick([0, 0.01, 0.05, 0.15]),
          move: random.pick([0, 0.002, 0.006]),
          expel: random.pick([0, 0.002, 0.006]),
          freeze: random.pick([0, 0.001, 0.004]),
          kill: random.pick([0, 0.0005, 0.002]),
          cut: random.pick([0, 0.001, 0.006]),
          torn: base.torn,
          slow: random.pick([0, 0, 0.002]),
        },
        churn: random.chance(0.35),
        talk: random.chance(0.3),
        commands: random.pick([16, 30, 45]),
        burst: random.pick([100, 500, 1_500]),
        ring,
      };
  }
};

/** One seed: a cluster under faults, then healed, compared with the log, reconnected, and compared again. */
export const run = async (seed: number, options: RunOptions = {}): Promise<Result> => {
  const random = new Random(seed);
  const chosen = profile(options.profile ?? (seed % 3 === 0 ? 1 + (((seed / 3) % 5) | 0) : 0), random);
  const world = new World(random, chosen.rates, options.rules ?? {}, options.trace);
  world.ring = chosen.ring;
  world.pageLimit = random.pick([1, 3, 200]);
  const sim = new Simulation(world, chosen);
  let violation: Error | undefined;
  try {
    await sim.run();
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

class Simulation {
  readonly #w: World;
  readonly #c: ReturnType<typeof profile>;
  readonly #conversations: string[] = [];
  #left: number;
  #texts = 0;
  #next = 0;

  constructor(world: World, chosen: ReturnType<typeof profile>) {
    this.#w = world;
    this.#c = chosen;
    this.#left = chosen.commands;
  }

  async run(): Promise<void> {
    const w = this.#w;
    await w.start();
    for (const [i, user] of [...USERS, ...(w.random.chance(0.3) ? [USERS[0] as string] : [])].entries()) w.join(user, `d${i}${user}`);
    for (let i = 0; i < 9_000 && (this.#left > 0 || i < 1_500); i++) {
      this.#chaos();
      this.#work();
      await this.#step();
    }
    await this.#heal();
    await this.#rest('after healing');
    compareClients(w, 'live');
    for (const person of w.people) person.client.reconnect();
    await this.#rest('after reconnecting');
    compareClients(w, 'reconnected');
    compareAnswers(w);
    await compareReadModels(w);
  }

  async #step(): Promise<void> {
    await this.#w.scheduler.step();
    const [failure] = this.#w.failures;
    if (failure) throw failure;
  }

  #chaos(): void {
    const w = this.#w;
    const { rates: r, random } = w;
    if (random.chance(r.move)) w.move(random.pick(['owner', 'projector']), 'ask');
    if (random.chance(r.expel)) {
      const role = random.pick(['owner', 'projector'] as const);
      const node = random.pick(w.nodes.filter((n) => n.role === role));
      if (random.chance(0.5)) node.host.frozen = w.scheduler.now + random.below(random.pick([500, 4_000, 20_000]));
      w.move(role, 'expel');
    }
    if (random.chance(r.freeze)) {
      w.count('freeze');
      random.pick(w.nodes).host.frozen = w.scheduler.now + random.below(random.pick([200, 3_000, 15_000]));
    }
    if (random.chance(r.kill)) {
      const node = random.pick(w.nodes);
      w.count(`kill ${node.role}`);
      w.kill(node);
      w.add(node.role);
    }
    if (random.chance(r.cut)) {
      w.count('cut');
      const person = random.pick(w.people);
      for (const socket of person.sockets) socket.cut(random.chance(0.5));
    }
    if (random.chance(r.slow)) {
      w.count('slow client');
      random.pick(w.people).host.frozen = w.scheduler.now + random.below(4_000);
    }
  }

  #work(): void {
    const w = this.#w;
    if (this.#left <= 0 || w.scheduler.now < this.#next) return;
    const person = w.random.pick(w.people);
    if (person.client.status.is !== 'online' || person.host.frozen > w.scheduler.now) return;
    this.#next = w.scheduler.now + w.random.below(this.#c.burst);
    if (w.random.chance(0.2)) return this.#mark(person);
    if (w.random.chance(0.1)) return this.#page(person);
    this.#left--;
    const [name, data, text] = this.#command(person);
    const sent: Sent = { text };
    person.sent.push(sent);
    person.client.command(name, data).then(
      (answer) => {
        sent.answer = answer;
      },
      (error: unknown) => {
        sent.code = error instanceof ClatterError ? error.code : String(error);
      },
    );
  }

  #mark({ client }: Person): void {
    const held = [...client.state.values()];
    if (held.length === 0) return;
    const { doc } = this.#w.random.pick(held);
    if (doc.head.number > 0) client.markRead(doc.conversation, 1 + this.#w.random.below(doc.head.number));
  }

  #page({ client }: Person): void {
    const held = [...client.state.keys()];
    if (held.length > 0) client.history(this.#w.random.pick(held), 2).catch(() => {});
  }

  #command({ client, user }: Person): [string, { [key: string]: string | string[] }, string] {
    const { random, scheduler } = this.#w;
    const text = `m${++this.#texts}`;
    const known = [...client.state.keys()];
    if (this.#conversations.length < (this.#c.churn ? 1 : 3) && (known.length === 0 || random.chance(0.2))) {
      const conversation = makeUuid7(scheduler.now, this.#texts, random.next(), random.next());
      this.#conversations.push(conversation);
      return ['conversation.create', { conversation, kind: 'group', title: text, members: USERS.filter((u) => u !== user && random.chance(0.6)) }, `t${text}`];
    }
    if (random.chance(0.08)) return ['message.send', { direct: random.pick(USERS.filter((u) => u !== user)), kind: 'text', text }, text];
    const conversation =
      known.length > 0 && random.chance(0.95)
        ? random.pick(known)
        : (this.#conversations[0] ?? known[0] ?? makeUuid7(scheduler.now, 0, random.next(), random.next()));
    const what = this.#c.churn && random.chance(0.6) ? 9 : this.#c.talk ? random.below(6) : random.below(11);
    const other = random.pick(USERS.filter((u) => u !== user));
    if (what < 6) return ['message.send', { conversation, kind: 'text', text }, text];
    if (what < 7) return ['conversation.update', { conversation, title: text }, `t${text}`];
    if (what < 8) return ['conversation.setRole', { conversation, user: other, role: 'admin' }, `r${text}`];
    const inside = this.#w.truth.some((t) => t.conversations.get(conversation)?.members.has(other));
    return inside
      ? ['conversation.removeMember', { conversation, user: other }, `x${text}`]
      : ['conversation.addMembers', { conversation, members: [other] }, `a${text}`];
  }

  async #heal(): Promise<void> {
    const w = this.#w;
    w.faulty = false;
    w.rates.torn = 0;
    for (const node of w.nodes) node.host.frozen = 0;
    for (const person of w.people) person.host.frozen = 0;
    for (let i = 0; i < 300; i++) await this.#step();
  }

  /** Everything that was sent is answered, projected, routed and applied. */
  async #rest(when: string): Promise<void> {
    let calm = 0;
    for (let i = 0; i < 60_000; i++) {
      await this.#step();
      if (i % 20 !== 0) continue;
      calm = this.#resting() ? calm + 1 : 0;
      if (calm > 15) return;
    }
    throw new Violation(
      'stuck',
      `${when}: ${JSON.stringify(this.#w.people.map(({ name, client }) => [name, client.status, client.settled]))} ${this.#unrest()} owners ${this.#owners()}`,
    );
  }

  #resting(): boolean {
    return this.#w.people.every(({ client }) => client.settled) && this.#unrest() === '';
  }

  /** Who owns what, for the report of a run that got stuck. */
  #owners(): string {
    const group = this.#w.cluster.group('messaging.owner');
    return Array.from(
      { length: PARTITIONS },
      (_, p) =>
        `${p}: ${group?.ownerOf(p)?.host.name}, holding: ${[...(group?.members ?? [])].filter((m) => m.owns(p)).map((m) => m.host.name)}, commands to ${this.#w.cluster.partition('messaging.commands', p).records.length - 1}, answered to ${this.#w.truth[p]?.fence.lastCommand}`,
    ).join('; ');
  }

  /** What is not at rest yet. */
  #unrest(): string {
    const w = this.#w;
    if (w.cluster.airborne.size > 0) return 'an append is on its way';
    for (const topic of ['messaging.events', 'messaging.marks']) {
      for (let p = 0; p < PARTITIONS; p++) {
        const end = w.cluster.partition(topic, p).records.length;
        const checkpoint = w.cluster.documents('messaging.checkpoints.g1').get(`${topic}/${p}`)?.rev ?? 0;
        if (checkpoint < end) return `the checkpoint of ${topic}/${p} is ${checkpoint}, the end ${end}`;
        for (const { edge, host } of w.nodes) {
          if (!edge) continue;
          const at = edge.core.messaging.watermarks()?.[topic]?.[p] ?? -1;
          if (at < end - 1) return `${host.name} has seen ${at} of ${topic}/${p}, the end is ${end}`;
        }
      }
    }
    return '';
  }
}
