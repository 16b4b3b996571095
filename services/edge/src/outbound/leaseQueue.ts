import type { Command, JsonObject, PresenceCommand, PresenceCommandName } from '@clatter/contract';
import { encodeCommand } from '@clatter/kernel';
import type { Core } from '../core.ts';
import type { Session } from '../socket/session.ts';

export const COMMANDS = 'presence.commands';

/** ms between two attempts, at most */
const LONGEST = 5_000;

/** Over all partitions of an edge. */
export type Load = { waiting: number };

/**
 * What one presence partition is told of this edge's connections: in order, one produce in flight, sent again until it is taken, bounded.
 * It is soft: where too much waits all of it is dropped, and once the log takes records again all is told anew, under a new term.
 */
export class LeaseQueue {
  readonly #core: Core;
  readonly #partition: number;
  readonly #load: Load;
  /** the sessions that count here, and whether they are active */
  readonly #sessions = new Map<Session, boolean>();
  #queue: Command[] = [];
  #term = 1;
  #n = 0;
  #flying: Promise<void> | undefined;
  #beating = false;
  #overflown = false;
  #stopped = false;

  constructor(core: Core, partition: number, load: Load) {
    this.#core = core;
    this.#partition = partition;
    this.#load = load;
  }

  /** This edge in its present term; a lost one never comes back. */
  get holder(): string {
    return `${this.#core.instance}.${this.#term}`;
  }

  opened(session: Session): void {
    this.#sessions.set(session, true);
    this.#open(session, false);
  }

  closed(session: Session): void {
    if (this.#sessions.delete(session)) this.#add('session.closed', session, { lease: this.#lease(session), holder: this.holder, n: this.#n++ });
  }

  active(session: Session, on: boolean): void {
    if ((this.#sessions.get(session) ?? on) === on) return;
    this.#sessions.set(session, on);
    this.#add('session.active', session, { lease: this.#lease(session), holder: this.holder, n: this.#n++, on });
  }

  /** One waits at most; of a holder that never said anything nobody waits for a beat. */
  beat(): void {
    if (this.#n === 0 || this.#beating) return;
    this.#beating = true;
    this.#add('edge.beat', undefined, { edge: this.#core.instance, holder: this.holder, leases: this.#sessions.size });
  }

  /** All leases of this term are void: what is open is told again under the next. */
  newTerm(): void {
    this.#clear();
    this.#term++;
    this.#n = 0;
    this.#overflown = false;
    for (const session of this.#sessions.keys()) this.#open(session, true);
  }

  /** Resolves when nothing waits any more, or `ms` later; nothing is told after that. */
  drain(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#stopped = true;
        resolve();
      };
      const cancel = this.#core.deps.clock.after(ms, stop);
      void this.#idle().then(() => {
        cancel();
        stop();
      });
    });
  }

  async #idle(): Promise<void> {
    while (this.#flying) await this.#flying;
  }

  #open(session: Session, again: boolean): void {
    this.#add('session.opened', session, {
      lease: this.#lease(session),
      holder: this.holder,
      n: this.#n++,
      edge: this.#core.instance,
      connection: session.id,
      session: session.session,
      device: session.device,
      active: this.#sessions.get(session) ?? true,
      again,
    });
  }

  #lease(session: Session): string {
    return `${session.id}.${this.#term}`;
  }

  #add<N extends PresenceCommandName>(name: N, session: Session | undefined, data: PresenceCommand<N> & JsonObject): void {
    if (this.#overflown) return;
    const { settings, deps } = this.#core;
    if (this.#load.waiting >= settings.queuedPresence) {
      this.#clear();
      this.#overflown = true;
      deps.report.metrics.count('clatter_edge_presence_dropped_total');
      return void this.#fly();
    }
    this.#queue.push({
      id: name,
      name,
      key: session?.user ?? this.holder,
      actor: { user: session?.user ?? '', session: session?.session ?? '', device: session?.device ?? '' },
      origin: { edge: this.#core.instance, session: session?.id ?? '', ref: '' },
      data,
    });
    this.#load.waiting++;
    void this.#fly();
  }

  #fly(): Promise<void> {
    this.#flying ??= this.#flight().finally(() => {
      this.#flying = undefined;
      if (this.#queue.length > 0 && !this.#stopped) void this.#fly();
    });
    return this.#flying;
  }

  /** What gathers meanwhile goes with the next batch. */
  async #flight(): Promise<void> {
    const { settings } = this.#core;
    await this.#pause(settings.presenceGather);
    while (!this.#stopped && (this.#overflown || this.#queue.length > 0)) {
      if (this.#overflown && this.#load.waiting > settings.queuedPresence / 4) await this.#pause(LONGEST);
      else if (this.#overflown) this.newTerm();
      else await this.#append(this.#take());
    }
    this.#clear();
  }

  /** A batch that may have been taken is sent again as it was: `n` tells the copies. */
  async #append(batch: readonly Command[]): Promise<void> {
    const { log, report } = this.#core.deps;
    const records = batch.map((command) => encodeCommand(command));
    const term = this.#term;
    for (let wait = 250; !this.#stopped && term === this.#term; wait = Math.min(LONGEST, wait * 2)) {
      try {
        await log.append(COMMANDS, this.#partition, records);
        return;
      } catch (error) {
        report.log.debug({ partition: this.#partition, error }, 'presence could not be told');
        await this.#pause(wait);
      }
    }
  }

  #take(): readonly Command[] {
    const batch = this.#queue.splice(0, this.#core.settings.batchCommands);
    this.#load.waiting -= batch.length;
    if (batch.some(({ name }) => name === 'edge.beat')) this.#beating = false;
    return batch;
  }

  #clear(): void {
    this.#load.waiting -= this.#queue.length;
    this.#queue = [];
    this.#beating = false;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#core.deps.clock.after(ms, resolve);
    });
  }
}
