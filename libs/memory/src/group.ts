import type { GroupHandler, Membership } from '@clatter/ports';
import { Delivery } from './delivery.ts';
import type { Host } from './host.ts';
import type { PartitionLog } from './partitionLog.ts';

type Holding = { readonly deliveries: Map<string, Delivery>; ready: boolean };

export type GroupOptions = {
  readonly host: Host;
  readonly topics: readonly string[];
  readonly handler: GroupHandler;
  readonly logOf: (topic: string, partition: number) => PartitionLog;
  readonly group: Group;
  /** ms between two heartbeats */
  readonly heartbeatMs: number;
};

/** A member of a group. What it holds is what it believes to hold: it learns of a loss by its next heartbeat. */
export class Member implements Membership {
  readonly host: Host;
  /** resolved when the group counts this member out: nobody waits for it any more */
  readonly out: Promise<void>;
  countOut = (): void => {};
  readonly #o: GroupOptions;
  readonly #holdings = new Map<number, Holding>();
  readonly #taking = new Map<number, Promise<void>>();
  #left = false;

  constructor(options: GroupOptions) {
    this.#o = options;
    this.host = options.host;
    this.out = new Promise((resolve) => {
      this.countOut = resolve;
    });
    this.#beat();
  }

  owns(partition: number): boolean {
    return this.#holdings.has(partition);
  }
  pause(topic: string, partition: number): void {
    this.#holdings.get(partition)?.deliveries.get(topic)?.pause();
  }
  resume(topic: string, partition: number): void {
    this.#holdings.get(partition)?.deliveries.get(topic)?.resume();
  }
  seek(topic: string, partition: number, offset: number): void {
    this.#holdings.get(partition)?.deliveries.get(topic)?.seek(offset);
  }
  commit(): void {}

  async heartbeat(): Promise<void> {
    await this.host.step('heartbeat');
    this.#learn();
  }

  /** A partition is given to this member: it asks its handler where to begin. */
  take(partition: number): void {
    if (this.#holdings.has(partition) || this.#left) return;
    const holding: Holding = { deliveries: new Map(), ready: false };
    this.#holdings.set(partition, holding);
    // one after the other: an earlier `assigned` for this partition must have settled
    const before = this.#taking.get(partition) ?? Promise.resolve();
    this.#taking.set(
      partition,
      before.then(() => this.#begin(partition, holding)),
    );
  }

  async #begin(partition: number, holding: Holding): Promise<void> {
    for (;;) {
      await this.host.step('assign');
      if (this.#holdings.get(partition) !== holding) return;
      try {
        const from = await this.#o.handler.assigned(partition);
        if (this.#holdings.get(partition) !== holding) return await this.#o.handler.revoked(partition, 'lost');
        for (const topic of this.#o.topics) this.#open(holding, topic, partition, from[topic] ?? 'paused');
        holding.ready = true;
        return;
      } catch {
        await new Promise<void>((resolve) => this.host.clock.after(50, resolve));
      }
    }
  }

  /** Gives a partition back in good order: the handler may flush first. */
  async give(partition: number): Promise<void> {
    const holding = this.#close(partition);
    if (holding?.ready) await this.#o.handler.revoked(partition, 'rebalance');
  }

  async leave(): Promise<void> {
    this.#left = true;
    await Promise.all([...this.#holdings.keys()].map((p) => this.give(p)));
    await this.host.step('leave');
    this.#o.group.remove(this);
  }

  #open(holding: Holding, topic: string, partition: number, from: number | 'paused'): void {
    const delivery = new Delivery(this.#o.logOf(topic, partition), this.host, `deliver ${topic}`, (records, next) =>
      this.#o.handler.records(topic, partition, records, next),
    );
    holding.deliveries.set(topic, delivery);
    if (from !== 'paused') delivery.seek(from);
  }

  #close(partition: number): Holding | undefined {
    const holding = this.#holdings.get(partition);
    this.#holdings.delete(partition);
    for (const delivery of holding?.deliveries.values() ?? []) delivery.end();
    return holding;
  }

  #beat(): void {
    this.host.clock.after(this.#o.heartbeatMs, () => {
      if (this.#left) return;
      void this.host.step('heartbeat').then(() => {
        this.#learn();
        this.#beat();
      });
    });
  }

  #learn(): void {
    for (const partition of [...this.#holdings.keys()]) {
      if (this.#o.group.ownerOf(partition) === this) continue;
      const holding = this.#close(partition);
      if (holding?.ready) void this.#o.handler.revoked(partition, 'lost');
    }
  }
}

/** Who owns which partition. A balanced, sticky assignment on every join and leave, or by hand. */
export class Group {
  readonly members = new Set<Member>();
  readonly #owners = new Map<number, Member>();
  readonly #partitions: number;
  #changing: Promise<void> = Promise.resolve();

  constructor(partitions: number) {
    this.#partitions = partitions;
  }

  ownerOf(partition: number): Member | undefined {
    return this.#owners.get(partition);
  }

  add(member: Member): void {
    this.members.add(member);
    this.#balance();
  }

  remove(member: Member): void {
    this.members.delete(member);
    member.countOut();
    for (const [p, owner] of this.#owners) if (owner === member) this.#owners.delete(p);
    this.#balance();
  }

  /** Gives one partition to `to`. `expel`: the former owner is believed dead and is not asked; it may still act. */
  move(partition: number, to: Member, how: 'ask' | 'expel'): void {
    const from = this.#owners.get(partition);
    if (from === to) return;
    const hand = async (): Promise<void> => {
      if (from && how === 'ask') await Promise.race([from.give(partition), from.out]);
      if (from && this.#owners.get(partition) === from) this.#owners.delete(partition);
      if (!this.members.has(to)) return this.#balance();
      this.#owners.set(partition, to);
      to.take(partition);
    };
    if (how === 'expel') {
      this.#owners.delete(partition);
      void hand();
    } else this.#changing = this.#changing.then(hand);
  }

  #balance(): void {
    if (this.members.size === 0) return;
    const counts = new Map<Member, number>([...this.members].map((m) => [m, 0]));
    const most = Math.ceil(this.#partitions / this.members.size);
    const free: number[] = [];
    for (let p = 0; p < this.#partitions; p++) {
      const owner = this.#owners.get(p);
      const count = owner ? (counts.get(owner) ?? most) : most;
      if (owner && count < most) counts.set(owner, count + 1);
      else free.push(p);
    }
    for (const p of free) {
      const [to, count] = [...counts].sort((a, b) => a[1] - b[1])[0] as [Member, number];
      counts.set(to, count + 1);
      this.move(p, to, 'ask');
    }
  }
}
