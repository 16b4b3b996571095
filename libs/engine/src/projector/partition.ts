import type { CheckpointDoc } from '@clatter/contract';
import { type Fence, NO_FENCE } from '@clatter/kernel';
import { type LogRecord, type Membership, remaining, sleep } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import type { Place } from '../lag.ts';
import { checkpointCollection, checkpointKey } from '../names.ts';
import { assertSameLog } from '../sameLog.ts';
import type { ProjectorSettings } from '../settings.ts';
import { Signal } from '../signal.ts';
import { startFence } from '../startFence.ts';
import { admitBatch, projectBatch } from './batch.ts';
import { rememberPast } from './checkpoint.ts';
import type { ProjectorOptions, Source } from './options.ts';

/** Projects one partition of one topic: load, apply, write, then the checkpoint with the fence. At least once, with the effect of once. */
export class PartitionProjector {
  readonly #o: ProjectorOptions;
  readonly #settings: ProjectorSettings;
  readonly #source: Source;
  readonly #p: number;
  readonly #generation: number;
  readonly #serves: () => boolean;
  readonly #failed: (why: string) => void;
  readonly #signal = new Signal();
  #queue: LogRecord[] = [];
  #next = 0;
  #fence: Fence = NO_FENCE;
  #past: CheckpointDoc['past'] = [];
  #paused = false;
  #stopped = false;
  #member: Membership | undefined;

  constructor(
    options: ProjectorOptions,
    settings: ProjectorSettings,
    source: Source,
    partition: number,
    generation: { readonly number: number; readonly serves: () => boolean },
    failed: (why: string) => void,
  ) {
    this.#o = options;
    this.#settings = settings;
    this.#source = source;
    this.#p = partition;
    this.#generation = generation.number;
    this.#serves = generation.serves;
    this.#failed = failed;
  }

  /** Reads the checkpoint; answers where to begin. @throws {Alarm} where it is another log's, or beyond this one's end */
  async prepare(): Promise<number> {
    const { store, log, clock, service, rules } = this.#o;
    const stored = (await store.get(checkpointCollection(service, this.#generation).name, this.#checkpointKey)) as CheckpointDoc | undefined;
    assertSameLog(log, `the checkpoint of ${this.#checkpointKey}`, stored);
    const fence = rules?.fenceStored === false && stored ? { ...NO_FENCE, offset: stored.fence.offset } : stored?.fence;
    this.#fence = await startFence(log, clock, this.#source.topic, this.#p, fence, this.#settings.beyondEndMs);
    this.#past = stored?.past ?? [];
    this.#next = this.#fence.offset;
    if (!stored) await this.#note(); // from now on it can be told how many partitions there are
    return this.#fence.offset;
  }

  run(joined: Promise<Membership>): void {
    void joined.then((member) => {
      this.#member = member;
      return this.#loop();
    });
  }

  records(records: readonly LogRecord[], next: number): void {
    this.#queue.push(...records);
    this.#next = next;
    if (!this.#paused && this.#queue.length > this.#settings.queuedRecords) {
      this.#paused = true;
      this.#member?.pause(this.#source.topic, this.#p);
    }
    this.#signal.raise();
  }

  /** A generation that is built serves one day. */
  get #batch(): { readonly records: number; readonly ms: number } {
    const { batchRecords, batchMs, buildRecords, buildMs } = this.#settings;
    return this.#serves() ? { records: batchRecords, ms: batchMs } : { records: buildRecords, ms: buildMs };
  }

  /** Where it stands, for its metrics. */
  get place(): Place {
    return { topic: this.#source.topic, partition: this.#p, queued: this.#queue.length, next: this.#fence.offset };
  }

  stop(): void {
    this.#stopped = true;
    this.#signal.raise();
  }

  get #checkpointKey(): string {
    return checkpointKey(this.#source.topic, this.#p);
  }

  async #loop(): Promise<void> {
    let wait = 0;
    while (!this.#stopped) {
      if (this.#fence.offset >= this.#next) {
        await this.#signal.wait();
        continue;
      }
      const batch = this.#queue.slice(0, this.#batch.records);
      const next = batch.length === this.#queue.length ? this.#next : (batch.at(-1)?.offset ?? -1) + 1;
      const began = this.#o.clock.now();
      try {
        await this.#project(batch, next);
        this.#queue.splice(0, batch.length);
        this.#resume();
        wait = 0;
        await this.#gather(began);
      } catch (error) {
        if (error instanceof Alarm) {
          this.#o.report.metrics.count('clatter_projector_alarms_total', { service: this.#o.service });
          this.#failed(error.message);
          this.#o.report.log.error({ topic: this.#source.topic, partition: this.#p, error }, 'ALARM: the projection stopped');
          return;
        }
        wait = Math.min(5_000, Math.max(100, wait * 2));
        this.#o.report.log.warn({ topic: this.#source.topic, partition: this.#p, error }, 'a batch was not projected; trying again');
        await sleep(this.#o.clock, wait);
      }
    }
  }

  /** Lets a batch fill; the first one after a calm was not kept waiting. */
  async #gather(began: number): Promise<void> {
    const { records, ms } = this.#batch;
    const rest = remaining(this.#o.clock, began, ms);
    if (rest > 0 && this.#queue.length < records && !this.#stopped) await sleep(this.#o.clock, rest);
  }

  async #project(batch: readonly LogRecord[], next: number): Promise<void> {
    const { clock, service, rules, report } = this.#o;
    const began = this.#o.clock.now();
    if (this.#source.fenced && batch[0] && batch[0].offset !== this.#fence.offset)
      throw new Alarm(`expected offset ${this.#fence.offset}, got ${batch[0].offset}`);
    const { records, fence, void: dropped } = admitBatch(this.#source, this.#fence, batch, next, rules);
    const past = rememberPast(this.#past, fence, clock.now());
    if (rules?.checkpointLast === false) await this.#note(fence, past);
    if (records.length > 0) await projectBatch(this.#o, this.#source, records, this.#generation);
    if (rules?.checkpointLast !== false) await this.#note(fence, past);
    this.#fence = fence;
    this.#past = past;
    report.metrics.observe('clatter_projector_batch_records', batch.length, { service });
    report.metrics.observe('clatter_projector_batch_seconds', (clock.now() - began) / 1_000, { service });
    if (dropped > 0) report.metrics.count('clatter_void_records_total', { service, role: 'projector' }, dropped);
    const newest = batch.at(-1);
    if (newest)
      report.metrics.gauge('clatter_projector_lag_seconds', Math.max(0, clock.now() - newest.at) / 1000, {
        service,
        topic: this.#source.topic,
        partition: String(this.#p),
      });
    this.#member?.commit(this.#source.topic, this.#p, fence.offset);
  }

  async #note(fence = this.#fence, past = this.#past): Promise<void> {
    const { store, log, service } = this.#o;
    const checkpoint = { rev: fence.offset, logId: log.logId, fence, past };
    await store.put(checkpointCollection(service, this.#generation).name, this.#checkpointKey, checkpoint);
  }

  #resume(): void {
    if (!this.#paused || this.#queue.length > this.#settings.queuedRecords / 2) return;
    this.#paused = false;
    this.#member?.resume(this.#source.topic, this.#p);
  }
}
