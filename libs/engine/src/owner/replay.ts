import { admit, type Change, type Draft, decodeEvent, type Fence, stampOf } from '@clatter/kernel';
import type { LogRecord } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import { stateCollection } from '../names.ts';
import type { OwnerSettings } from '../settings.ts';
import { Cells } from './cells.ts';
import { storeFence } from './fence.ts';
import type { OwnerOptions } from './options.ts';

/** Reads the events of a partition that nobody leads here, from a fence on: foreign records change the cells they touch. */
export class Replay {
  readonly #o: OwnerOptions;
  readonly #p: number;
  readonly cells: Cells;
  readonly #dirtyCells: number;
  #fence: Fence;

  constructor(options: OwnerOptions, partition: number, fence: Fence, settings: OwnerSettings) {
    this.#o = options;
    this.#p = partition;
    this.#fence = fence;
    this.#dirtyCells = settings.dirtyCells;
    const collection = stateCollection(options.service).name;
    this.cells = new Cells(options.store, collection, partition, options.log.logId, settings.cellBytes, options.rules ?? {});
  }

  get fence(): Fence {
    return this.#fence;
  }

  /** Passes records through the fence and applies the admitted ones. Returns the last one's claim, where it is one. */
  async read(records: readonly LogRecord[]): Promise<{ owner: string; admitted: boolean } | undefined> {
    const admitted: { changes: readonly Change[]; offset: number }[] = [];
    let claim: { owner: string; admitted: boolean } | undefined;
    for (const record of records) {
      if (record.offset !== this.#fence.offset) throw new Alarm(`${this.#o.events}/${this.#p}: expected offset ${this.#fence.offset}, got ${record.offset}`);
      const stamp = stampOf(record.headers);
      const verdict = admit(this.#fence, stamp, record.offset, this.#o.rules);
      this.#fence = verdict.fence;
      claim = 'claim' in stamp ? { owner: stamp.claim, admitted: verdict.admitted } : undefined;
      if (!verdict.admitted) this.#o.report.metrics.count('clatter_void_records_total', { service: this.#o.service, role: 'owner' });
      else if (!claim) admitted.push({ changes: changesOf(this.#o, this.#p, record), offset: record.offset });
    }
    await this.cells.load(admitted.flatMap(({ changes }) => changes.map((c) => c.cell)));
    for (const { changes, offset } of admitted) {
      try {
        this.cells.replay(changes, offset);
      } catch (error) {
        throw cannot(this.#o, this.#p, offset, error);
      }
    }
    await this.#store();
    return claim;
  }

  /** A log whose state was dropped is replayed from its start: what it makes is stored on the way, so that memory stays bounded (P7). */
  async #store(): Promise<void> {
    if (this.cells.unwritten >= this.#dirtyCells) {
      const taken = this.cells.take();
      await this.cells.write(taken);
      await storeFence(this.#o, this.#p, this.#fence);
      this.cells.written(taken);
    }
    this.cells.evict();
  }
}

const changesOf = (o: OwnerOptions, partition: number, record: LogRecord): readonly Change[] => {
  try {
    return o.decider.evolve(decodeEvent(record.value) as Draft);
  } catch (error) {
    throw cannot(o, partition, record.offset, error);
  }
};

const cannot = (o: OwnerOptions, partition: number, offset: number, error: unknown): Alarm =>
  new Alarm(`${o.events}/${partition}: the record at ${offset} can't be applied: ${error instanceof Error ? error.message : error}`);
