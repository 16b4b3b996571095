import { HEADER } from '@clatter/contract';
import { encodeClaim, encodeCommand, type Fence, NO_FENCE } from '@clatter/kernel';
import { LogError, type LogRecord, type Membership, sleep } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import type { OwnerSettings } from '../settings.ts';
import { Signal } from '../signal.ts';
import { ownerFence } from './fence.ts';
import { Inbox } from './inbox.ts';
import { Leading, type Standing } from './leading.ts';
import type { OwnerOptions } from './options.ts';
import { Replay } from './replay.ts';

/**
 * The owner of one partition (design §3): reads to the end, claims, leads, and on any doubt drops everything and starts again.
 * Crash-only: the way back is the way in.
 */
export class PartitionOwner {
  readonly #o: OwnerOptions;
  readonly #settings: OwnerSettings;
  readonly #p: number;
  readonly #member: () => Membership;
  readonly #failed: (why: string) => void;
  readonly #signal = new Signal();
  readonly #events: Inbox;
  readonly #commands = new Inbox(this.#signal);
  #joined = false;
  #stopping = false;
  #leading: Leading | undefined;
  #fence: Fence = NO_FENCE;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: OwnerOptions, settings: OwnerSettings, partition: number, member: () => Membership, failed: (why: string) => void) {
    this.#o = options;
    this.#settings = settings;
    this.#p = partition;
    this.#member = member;
    this.#failed = failed;
    // a long log comes faster than its records are applied: reading stops meanwhile
    this.#events = new Inbox(this.#signal, {
      most: settings.queuedEvents,
      stop: () => {
        if (this.#joined) member().pause(options.events, partition);
        return this.#joined;
      },
      go: () => member().resume(options.events, partition),
    });
  }

  /** Reads the stored fence; answers where the events begin. */
  async prepare(): Promise<number> {
    const fence = await ownerFence(this.#o, this.#p, this.#settings.beyondEndMs);
    this.#fence = this.#o.rules?.fenceStored === false ? { ...NO_FENCE, offset: fence.offset } : fence;
    this.#events.begin(this.#fence.offset);
    return this.#fence.offset;
  }

  /** `joined`: when the membership can be used. */
  run(joined: Promise<unknown>): void {
    this.#ended = joined.then(() => {
      this.#joined = true;
      return this.#loop();
    });
  }

  /** undefined while it does not lead */
  get standing(): Standing | undefined {
    return this.#leading?.standing;
  }

  /** Whether this owner has read its own claim and answers commands. */
  get leads(): boolean {
    return this.#leading !== undefined;
  }

  event(records: readonly LogRecord[]): void {
    this.#events.push(records);
  }

  command(records: readonly LogRecord[]): void {
    this.#commands.push(records);
    if (this.#commands.size > this.#settings.queuedCommands) this.#member().pause(this.#o.commands, this.#p);
  }

  /** Ends it; with `flush` what was read back is stored first, and waited for. */
  async stop(flush: boolean): Promise<void> {
    this.#stopping = true;
    const leading = this.#leading;
    leading?.stop(flush);
    this.#signal.raise();
    if (leading && flush) await this.#ended;
  }

  async #loop(): Promise<void> {
    for (let first = true; !this.#stopping; first = false) {
      try {
        if (!first) await this.#again();
        if (this.#stopping) return;
        await this.#attempt();
      } catch (error) {
        if (error instanceof Alarm || (error instanceof LogError && error.kind === 'fatal')) {
          this.#o.report.metrics.count('clatter_owner_alarms_total', { service: this.#o.service });
          this.#failed(error.message);
          this.#o.report.log.error({ partition: this.#p, error }, 'ALARM: the partition stopped');
          return;
        }
        this.#o.report.log.warn({ partition: this.#p, error }, 'the partition starts again');
      }
    }
  }

  /** Everything is dropped; after a random while, and a heartbeat that says p is still ours, from the start. */
  async #again(): Promise<void> {
    this.#leading = undefined;
    this.#commands.close();
    this.#events.close();
    const { backOffMin, backOffMax } = this.#settings;
    await sleep(this.#o.clock, backOffMin + this.#o.ids.random() * (backOffMax - backOffMin));
    if (this.#stopping) return;
    if (this.#o.rules?.heartbeat !== false) await this.#member().heartbeat();
    if (this.#stopping || (this.#o.rules?.heartbeat !== false && !this.#member().owns(this.#p))) return;
    const from = await this.prepare();
    this.#member().pause(this.#o.commands, this.#p);
    this.#member().seek(this.#o.events, this.#p, from);
  }

  async #attempt(): Promise<void> {
    const { log, clock, ids, events, store, service } = this.#o;
    const replay = new Replay(this.#o, this.#p, this.#fence, this.#settings);
    const { end } = await log.extent(events, this.#p);
    while (replay.fence.offset < end) {
      const batch = await this.#nextEvents();
      if (!batch) return;
      await replay.read(batch);
    }
    const epoch = Math.max(replay.fence.epoch + 1, clock.now());
    const owner = this.#o.rules?.claimNonce === false ? 'owner' : ids.name();
    await log.append(events, this.#p, [encodeClaim({ epoch, owner })]);
    for (let found = this.#o.rules?.readOwnClaim === false; !found; ) {
      const batch = await this.#nextEvents();
      if (!batch) return;
      for (const record of batch) {
        const claim = await replay.read([record]);
        if (claim === undefined) continue;
        if (claim.owner === owner) {
          if (!claim.admitted) return;
          found = true;
        } else if (claim.admitted && this.#o.rules?.backOff !== false) return; // a foreign claim first: back off
      }
    }
    const from = await this.#resumeAt((this.#o.rules?.resumeFromEvents === false ? this.#fence : replay.fence).lastCommand + 1);
    if (this.#stopping) return;
    this.#commands.begin(from);
    const leading = new Leading({
      options: this.#o,
      settings: this.#settings,
      partition: this.#p,
      epoch,
      owner,
      fence: replay.fence,
      cells: replay.cells,
      events: this.#events,
      commands: this.#commands,
      signal: this.#signal,
      store,
      member: this.#member(),
    });
    this.#leading = leading;
    this.#o.report.log.info({ partition: this.#p, epoch, from }, 'leads');
    this.#o.report.metrics.gauge('clatter_owner_epoch', epoch, { service, partition: String(this.#p) });
    this.#member().seek(this.#o.commands, this.#p, from);
    this.#member().resume(this.#o.commands, this.#p);
    const tick = this.#tick();
    try {
      await leading.run();
    } finally {
      tick();
      leading.end();
      this.#leading = undefined;
    }
  }

  /** One or more waiting records, undefined when stopping. */
  async #nextEvents(): Promise<LogRecord[] | undefined> {
    while (this.#events.size === 0 && !this.#stopping) await this.#signal.wait();
    if (this.#stopping) return undefined;
    const batch: LogRecord[] = [];
    for (let record = this.#events.peek(); record && batch.length < 500; record = this.#events.peek()) {
      batch.push(record);
      this.#events.shift();
      if (record.headers[HEADER.claim] !== undefined) break; // a claim decides what happens to what follows
    }
    return batch;
  }

  /** Where commands go on. Nothing was ever admitted: at the log's start. */
  async #resumeAt(wanted: number): Promise<number> {
    const until = this.#o.clock.now() + this.#settings.beyondEndMs;
    for (;;) {
      const extent = await this.#o.log.extent(this.#o.commands, this.#p);
      if (wanted === 0) return extent.start;
      // of a decider that leaves no record of empty commands nothing but those, or what is soft, can have gone
      if (wanted < extent.start && this.#o.decider.skipEmpty) return extent.start;
      if (wanted < extent.start)
        throw new Alarm(`${this.#o.commands}/${this.#p}: command ${wanted} is below the log's start ${extent.start}: commands were lost unexecuted`);
      if (wanted <= extent.end) return wanted;
      if (this.#o.clock.now() >= until) throw new Alarm(`${this.#o.commands}/${this.#p}: command ${wanted} lies beyond the log's end ${extent.end}`);
      await sleep(this.#o.clock, 1_000);
    }
  }

  /** Appends the service's tick again and again while this partition is led. */
  #tick(): () => void {
    const { tick, clock, log, commands } = this.#o;
    if (!tick) return () => {};
    let cancel = (): void => {};
    let ended = false;
    const once = async (): Promise<void> => {
      try {
        await log.append(commands, this.#p, [encodeCommand(tick.command(this.#p))]);
      } catch (error) {
        this.#o.report.log.warn({ partition: this.#p, error }, 'a tick was not appended');
      }
      if (!ended) cancel = clock.after(tick.everyMs, () => void once());
    };
    cancel = clock.after(tick.everyMs, () => void once());
    return () => {
      ended = true;
      cancel();
    };
  }
}
