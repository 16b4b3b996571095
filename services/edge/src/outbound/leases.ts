import { partitionOf } from '@clatter/kernel';
import type { Core } from '../core.ts';
import type { Session } from '../socket/session.ts';
import { COMMANDS, LeaseQueue, type Load } from './leaseQueue.ts';

const DRAIN_WITHIN = 2_000;

/** Tells presence's owners which sessions are open here, each under the partition of its user, and every 5 s that this edge lives. */
export class Leases {
  readonly #core: Core;
  readonly #load: Load = { waiting: 0 };
  readonly #partitions: LeaseQueue[] = [];
  #stopBeats = (): void => {};

  constructor(core: Core) {
    this.#core = core;
    core.onLive.add((session) => this.#of(session).opened(session));
    core.onEnd.add((session) => {
      if (session.user !== '') this.#of(session).closed(session);
    });
  }

  active(session: Session, on: boolean): void {
    this.#of(session).active(session, on);
  }

  /** The owner of a partition took this holder for dead. Where that is its present term, its sessions are opened again. */
  lost(partition: number, holder: string): void {
    const queue = this.#partitions[partition];
    if (queue?.holder !== holder) return;
    this.#core.deps.report.log.warn({ partition, holder }, 'presence took this edge for lost: its sessions are told again');
    this.#core.deps.report.metrics.count('clatter_edge_presence_lost_total');
    queue.newTerm();
  }

  start(): void {
    const { clock } = this.#core.deps;
    const once = (): void => {
      for (const queue of this.#partitions) queue?.beat();
      this.#stopBeats = clock.after(this.#core.settings.beatEvery, once);
    };
    this.#stopBeats = clock.after(this.#core.settings.beatEvery, once);
  }

  /** What was said last is still told, within 2 s. */
  async stop(): Promise<void> {
    this.#stopBeats();
    await Promise.all(this.#partitions.map((queue) => queue?.drain(DRAIN_WITHIN)));
  }

  #of(session: Session): LeaseQueue {
    const partition = partitionOf(session.user, this.#core.deps.log.partitions(COMMANDS));
    const queue = this.#partitions[partition] ?? new LeaseQueue(this.#core, partition, this.#load);
    this.#partitions[partition] = queue;
    return queue;
  }
}
