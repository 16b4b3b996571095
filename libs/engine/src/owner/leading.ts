import { admit, type Fence, stampOf } from '@clatter/kernel';
import { type DocumentStore, type LogRecord, type Membership, sleep } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import { fenceCollection, stateCollection } from '../names.ts';
import type { OwnerSettings } from '../settings.ts';
import type { Signal } from '../signal.ts';
import { appendAll, type Ending, producesOf } from './appender.ts';
import type { Cells } from './cells.ts';
import { type Decided, decideBatch } from './decideBatch.ts';
import { Flusher } from './flusher.ts';
import type { Inbox } from './inbox.ts';
import type { OwnerOptions } from './options.ts';
import { Sweeper } from './sweeper.ts';

export type LeadingParts = {
  readonly options: OwnerOptions;
  readonly settings: OwnerSettings;
  readonly partition: number;
  readonly epoch: number;
  readonly owner: string;
  readonly fence: Fence;
  readonly cells: Cells;
  readonly events: Inbox;
  readonly commands: Inbox;
  readonly signal: Signal;
  readonly store: DocumentStore;
  readonly member: Membership;
};

/** Where a partition's work stands, for its metrics. */
export type Standing = { readonly queued: number; readonly next: number };

/**
 * A partition that is led: commands in, one produce in flight, own records read back, state flushed now and then.
 * `run` returns when it leads no more; the caller drops everything and begins anew.
 */
export class Leading {
  readonly #l: LeadingParts;
  readonly #flusher: Flusher;
  readonly #sweeper: Sweeper;
  #fence: Fence;
  /** decided and not yet read back, in order */
  #unread: Decided[] = [];
  #flight: 'none' | 'flying' | 'given up' = 'none';
  #over = false;
  #stopping: 'no' | 'drop' | 'flush' = 'no';
  /** a batch is being decided: it counts on every cell that it has loaded */
  #deciding = false;
  #wantFlush = false;
  #sinceFlush = 0;
  /** ms: append time of the newest command decided here: the log's own time */
  #logTime = 0;
  #timers: (() => void)[] = [];

  constructor(parts: LeadingParts) {
    this.#l = parts;
    this.#fence = parts.fence;
    const { options: o, partition } = parts;
    const failed = (error: unknown): void => o.report.log.warn({ partition, error }, 'state was not stored; trying again');
    this.#flusher = new Flusher({
      cells: parts.cells,
      store: parts.store,
      fences: fenceCollection(o.service).name,
      partition,
      logId: o.log.logId,
      clock: o.clock,
      rules: o.rules ?? {},
      failed,
    });
    const { cells, store } = parts;
    this.#sweeper = new Sweeper({ cells, store, collection: stateCollection(o.service).name, partition, decider: o.decider });
  }

  async run(): Promise<void> {
    const { clock } = this.#l.options;
    const { flushMs, reclaimMs } = this.#l.settings;
    const periodic = (): void => {
      this.#wantFlush = true;
      this.#l.signal.raise();
      this.#timers[0] = clock.after(flushMs, periodic);
    };
    this.#timers = [clock.after(flushMs, periodic)];
    if (reclaimMs > 0) this.#timers.push(clock.after(reclaimMs, () => this.stop(true)));
    while (!this.#over) {
      this.#readBack();
      if (this.#over || this.#flight === 'given up') return;
      if (this.#stopping === 'drop') return;
      if (this.#stopping === 'flush' && this.#calm()) return await this.#last();
      if (this.#stopping === 'flush' && this.#flight === 'none') {
        await this.#fetch();
        continue;
      }
      if (this.#mayFlush()) this.#flush();
      if (this.#mayDecide()) await this.#decide();
      else await this.#l.signal.wait();
    }
  }

  /** Leads no more; with `flush` what is in flight is read back and stored first. */
  stop(flush: boolean): void {
    this.#stopping = flush ? 'flush' : 'drop';
    this.#l.signal.raise();
  }

  /** Commands waiting in memory, and the first command that no event covers yet. */
  get standing(): Standing {
    return { queued: this.#l.commands.size, next: this.#fence.lastCommand + 1 };
  }

  end(): void {
    this.#over = true;
    for (const cancel of this.#timers) cancel();
    this.#flusher.stop();
  }

  async #last(): Promise<void> {
    await this.#flusher.settled();
    await this.#flusher.flush(this.#fence);
  }

  /** A partition that is being given back is handed no more records: what was appended last is asked for. */
  async #fetch(): Promise<void> {
    const { options: o, partition, events } = this.#l;
    const records = await o.log.read(o.events, partition, this.#fence.offset, 500);
    events.push(records);
    if (records.length === 0) await sleep(o.clock, 20);
  }

  /** Nothing in flight and everything of it read back. */
  #calm(): boolean {
    return this.#flight === 'none' && (this.#unread.length === 0 || this.#l.options.rules?.barrierReadBack === false);
  }

  /** Time, events or cells: a few commands can name thousands of members, and nothing is decided while too much is unwritten. */
  get #flushDue(): boolean {
    const { flushEvents, dirtyCells } = this.#l.settings;
    return this.#wantFlush || this.#sinceFlush >= flushEvents || this.#l.cells.dirty >= dirtyCells;
  }

  #mayFlush(): boolean {
    if (this.#flusher.busy || !this.#flushDue) return false;
    return this.#calm() || this.#l.options.rules?.barrier === false;
  }

  #flush(): void {
    this.#wantFlush = false;
    this.#sinceFlush = 0;
    if (this.#calm()) this.#sweeper.bury(this.#logTime, this.#fence.offset - 1);
    void this.#flusher.flush(this.#fence).then(() => {
      if (!this.#deciding) this.#l.cells.evict(); // else as soon as that batch is decided
      this.#l.signal.raise();
      if (!this.#over && this.#stopping === 'no') void this.#sweep();
    });
  }

  async #sweep(): Promise<void> {
    try {
      await this.#sweeper.look(this.#logTime);
    } catch (error) {
      this.#l.options.report.log.debug({ partition: this.#l.partition, error }, 'stored cells could not be looked at');
    }
  }

  /** One produce in flight; none while a flush waits for its barrier, or too much is unwritten. */
  #mayDecide(): boolean {
    if (this.#flight !== 'none' && this.#l.options.rules?.oneInFlight !== false) return false;
    if (this.#stopping !== 'no' || this.#l.commands.size === 0) return false;
    const waiting = this.#flushDue && !this.#flusher.busy;
    return !(waiting && this.#l.options.rules?.barrier !== false) && this.#l.cells.unwritten < this.#l.settings.dirtyCells;
  }

  async #decide(): Promise<void> {
    const { options: o, settings, partition, cells, commands, member } = this.#l;
    const batch = this.#takeCommands();
    if (commands.size < settings.queuedCommands / 2) member.resume(o.commands, partition);
    const began = o.clock.now();
    this.#logTime = Math.max(this.#logTime, batch.at(-1)?.at ?? 0);
    this.#deciding = true;
    const decided = await decideBatch(batch, o.decider, cells, this.#l.epoch, o.report);
    this.#deciding = false;
    cells.evict();
    this.#sinceFlush += decided.length;
    o.report.metrics.observe('clatter_owner_batch_records', decided.length, { service: o.service });
    o.report.metrics.observe('clatter_owner_decide_seconds', (o.clock.now() - began) / 1000, { service: o.service });
    if (decided.length === 0 || this.#over) return;
    this.#unread.push(...decided);
    this.#flight = 'flying';
    void this.#produce(decided);
  }

  async #produce(decided: readonly Decided[]): Promise<void> {
    const { options: o, partition } = this.#l;
    const began = o.clock.now();
    const pause = async (attempt: number): Promise<boolean> => {
      o.report.metrics.count('clatter_append_again_total', { service: o.service });
      await sleep(o.clock, Math.min(2_000, 50 * 2 ** attempt));
      return !this.#over && this.#stopping !== 'drop';
    };
    try {
      let ending: Ending = 'done';
      for (const records of producesOf(decided, this.#l.settings.batchBytes)) {
        if (this.#over || this.#stopping === 'drop') ending = 'given up';
        if (ending === 'done') ending = await appendAll(o.log, o.events, partition, records, pause, o.rules?.ambiguousHandled === false);
      }
      this.#flight = ending === 'done' ? 'none' : 'given up';
      o.report.metrics.observe('clatter_owner_append_seconds', (o.clock.now() - began) / 1_000, { service: o.service });
    } catch (error) {
      o.report.log.error({ partition, error }, 'events could not be appended');
      this.#flight = 'given up';
    }
    this.#l.signal.raise();
  }

  #takeCommands(): LogRecord[] {
    const { batchCommands, batchBytes } = this.#l.settings;
    const batch: LogRecord[] = [];
    let bytes = 0;
    while (batch.length < batchCommands && bytes < batchBytes) {
      const record = this.#l.commands.shift();
      if (!record) break;
      batch.push(record);
      bytes += Buffer.byteLength(record.value);
    }
    return batch;
  }

  /** Own records confirm what was decided; a foreign claim ends it at once. */
  #readBack(): void {
    const { events, options: o, partition, owner } = this.#l;
    for (let record = events.shift(); record; record = events.shift()) {
      if (record.offset !== this.#fence.offset) throw new Alarm(`${o.events}/${partition}: expected offset ${this.#fence.offset}, got ${record.offset}`);
      const stamp = stampOf(record.headers);
      const { admitted, fence } = admit(this.#fence, stamp, record.offset, o.rules);
      this.#fence = fence;
      if ('claim' in stamp) {
        if (admitted && stamp.claim !== owner && o.rules?.stopOnForeignClaim !== false) {
          o.report.log.info({ partition, epoch: stamp.epoch }, 'a foreign claim: leads no more');
          this.#over = true;
          return;
        }
      } else if (!admitted) o.report.metrics.count('clatter_void_records_total', { service: o.service, role: 'owner' });
      else this.#confirm(stamp.command, record.offset);
    }
  }

  #confirm(command: number, offset: number): void {
    const first = this.#unread[0];
    if (first?.draft.command.offset !== command) return;
    this.#unread.shift();
    this.#l.cells.confirm(first.changes, offset);
    const { report, clock, service } = this.#l.options;
    report.metrics.observe('clatter_owner_command_seconds', Math.max(0, clock.now() - first.draft.at) / 1_000, { service });
  }
}
