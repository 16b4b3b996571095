import type { Airborne } from '@clatter/memory';
import type { Node, Role, World } from './world.ts';

const GROUPS = { owner: 'messaging.owner', projector: 'messaging.projector.g1' } as const;

/** What goes wrong: at each step everything with the chance that the profile gives it. */
export class Faults {
  readonly #w: World;
  #devices = 0;

  constructor(world: World) {
    this.#w = world;
  }

  step(): void {
    const { rates: r, focus } = this.#w.profile;
    const { random } = this.#w;
    const member = (): 'owner' | 'projector' => (focus === 'owner' || focus === 'projector' ? focus : random.pick(['owner', 'projector'] as const));
    if (random.chance(r.move)) this.#move(member(), 'ask');
    if (random.chance(r.expel)) this.#expel(member());
    if (random.chance(r.freeze)) this.#freeze(this.#victim());
    if (random.chance(r.kill)) this.#crash(this.#victim());
    if (random.chance(r.drain)) void this.#drain();
    if (random.chance(r.deaf)) this.#deafen(false);
    if (random.chance(r.alone)) this.#isolate(random.pick(this.#of(member())), false);
    if (random.chance(r.cut)) this.#cut();
    if (random.chance(r.slowClient)) {
      this.#tell('slow client');
      random.pick(this.#w.people).host.frozen = this.#w.scheduler.now + random.below(4_000);
    }
    if (random.chance(r.restart)) this.#restart();
    if (random.chance(r.device) && this.#w.people.length < 7) this.#device();
  }

  /** From here on nothing new goes wrong. Who was taken for dead, or hears nothing, stays so, and some wake up late: they must do no harm (P5). */
  end(): void {
    const w = this.#w;
    w.faulty = false;
    const soon = w.scheduler.now + 5_000;
    for (const { host } of w.nodes) host.frozen = host.frozen > w.scheduler.now && w.random.chance(0.5) ? Math.min(host.frozen, soon) : 0;
    for (const person of w.people) person.host.frozen = 0;
    const routers = this.#of('router');
    if (w.profile.rates.deaf > 0 && routers.length > 1) {
      this.#deafen(true);
      if (routers.every(({ host }) => host.holding)) routers[0]?.host.release();
    } else for (const { host } of routers) host.release();
    for (const role of ['owner', 'projector'] as const) {
      const members = this.#of(role);
      if (w.profile.rates.alone > 0 && members.length > 1) this.#isolate(w.random.pick(members), true);
    }
  }

  #of(role: Role): Node[] {
    return this.#w.nodes.filter((n) => n.role === role);
  }

  #victim(): Node {
    const { random, profile, nodes } = this.#w;
    return random.pick(profile.focus && random.chance(0.7) ? this.#of(profile.focus) : nodes);
  }

  #tell(fault: string): void {
    this.#w.count(fault);
    this.#w.scheduler.trace?.(`FAULT ${fault}`);
  }

  #freeze({ role, host }: Node): void {
    const { random, scheduler } = this.#w;
    this.#tell(`freeze ${role}`);
    host.frozen = scheduler.now + random.below(random.pick([200, 3_000, 15_000]));
  }

  #crash(node: Node): void {
    this.#tell(`kill ${node.role}`);
    this.#kill(node);
    this.#w.add(node.role);
  }

  /** A process dies; what it had sent and not heard of may still land. */
  #kill(node: Node): void {
    const w = this.#w;
    w.scheduler.trace?.(`KILL ${node.host.name}`);
    w.scheduler.kill(node.host);
    for (const air of [...w.cluster.airborne] as Airborne[]) {
      if (air.host !== node.host) continue;
      w.cluster.airborne.delete(air);
      if (w.random.chance(0.5)) w.later(air.land);
    }
    for (const name of [...Object.values(GROUPS), 'messaging.projector.g2']) {
      const group = w.cluster.group(name);
      for (const member of [...(group?.members ?? [])]) if (member.host === node.host) group?.remove(member);
    }
    if (node.role === 'edge')
      for (const person of w.people) for (const socket of person.sockets) if (socket.edgeHost === node.host) socket.cut(w.random.chance(0.5));
    if (node.role === 'edge' || node.role === 'router') w.feeds.cut(node.host.hop);
    w.nodes.splice(w.nodes.indexOf(node), 1);
  }

  /** An edge is replaced in good order. */
  async #drain(): Promise<void> {
    const w = this.#w;
    const node = w.random.pick(this.#of('edge'));
    if (!node || node.host.draining) return;
    node.host.draining = true;
    this.#tell('drain edge');
    w.add('edge');
    await node.part.stop();
    if (!node.host.dead) this.#kill(node);
  }

  /** A partition goes to another member: asked for, or taken from one that is believed dead. */
  #move(role: 'owner' | 'projector', how: 'ask' | 'expel'): void {
    const w = this.#w;
    const group = w.cluster.group(GROUPS[role]);
    if (!group || group.members.size < 2) return;
    const partition = w.random.below(w.profile.partitions);
    const others = [...group.members].filter((m) => m !== group.ownerOf(partition));
    if (others.length === 0) return;
    this.#tell(`${role} ${how}`);
    w.scheduler.trace?.(`MOVE ${role} ${partition} ${how} from ${group.ownerOf(partition)?.host.name}`);
    group.move(partition, w.random.pick(others), how);
  }

  /** The coordinator believes a member dead; it may stand still, and wake up late. */
  #expel(role: 'owner' | 'projector'): void {
    const { random, scheduler } = this.#w;
    const [node] = [random.pick(this.#of(role))];
    if (node && random.chance(0.5)) node.host.frozen = scheduler.now + random.below(random.pick([500, 4_000, 20_000]));
    this.#move(role, 'expel');
  }

  /** The coordinator does not hear a process any more and gives its partitions away, but it still reads and writes. */
  #isolate(node: Node | undefined, stay: boolean): void {
    const w = this.#w;
    if (!node || node.host.holding || (node.role !== 'owner' && node.role !== 'projector')) return;
    const group = w.cluster.group(GROUPS[node.role]);
    const member = [...(group?.members ?? [])].find((m) => m.host === node.host);
    if (!group || !member || group.members.size < 2) return;
    this.#tell(`alone ${node.role}`);
    node.host.hold((label) => label === 'heartbeat');
    group.remove(member);
    if (stay) return;
    w.scheduler.host('healer').clock.after(w.random.below(6_000), () => {
      if (node.host.dead || !w.faulty) return;
      node.host.release();
      group.add(member);
    });
  }

  #deafen(stay: boolean): void {
    const w = this.#w;
    const { host } = w.random.pick(this.#of('router'));
    if (host.holding) return;
    this.#tell('deaf router');
    host.hold((label) => label.startsWith('tail ') || label === 'fetch');
    if (!stay) w.scheduler.host('healer').clock.after(w.random.below(20_000), () => host.release());
  }

  #cut(): void {
    this.#tell('cut');
    const { people, profile, random } = this.#w;
    const person = random.pick(profile.soloist ? people.slice(1) : people);
    for (const socket of person.sockets) socket.cut(random.chance(0.5));
  }

  #restart(): void {
    this.#tell('restart client');
    this.#w.restart(this.#w.random.pick(this.#w.people));
  }

  #device(): void {
    this.#tell('new device');
    const { user } = this.#w.random.pick(this.#w.people);
    this.#w.join(user, `new${++this.#devices}${user}`);
  }
}
