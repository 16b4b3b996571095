import type { Fence } from '@clatter/kernel';
import { type Clock, type DocumentStore, sleep } from '@clatter/ports';
import type { OwnerRules } from '../rules.ts';
import type { Cells } from './cells.ts';

/**
 * Writes cells and then the fence that vouches for them, one flush at a time, in the background of the work.
 * Taken at a barrier only: nothing in flight, everything read back; so a store never holds what the log does not (P5).
 */
export class Flusher {
  readonly #cells: Cells;
  readonly #store: DocumentStore;
  readonly #fences: string;
  readonly #partition: number;
  readonly #logId: string;
  readonly #clock: Clock;
  readonly #rules: OwnerRules;
  readonly #failed: (error: unknown) => void;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #stopped = false;

  constructor(o: {
    cells: Cells;
    store: DocumentStore;
    fences: string;
    partition: number;
    logId: string;
    clock: Clock;
    rules: OwnerRules;
    failed: (error: unknown) => void;
  }) {
    this.#cells = o.cells;
    this.#store = o.store;
    this.#fences = o.fences;
    this.#partition = o.partition;
    this.#logId = o.logId;
    this.#clock = o.clock;
    this.#rules = o.rules;
    this.#failed = o.failed;
  }

  get busy(): boolean {
    return this.#rules.flushSerial === false ? false : this.#busy;
  }

  /** Takes the references now; resolves when the store has acknowledged them all, or the partition was dropped. */
  flush(fence: Fence): Promise<void> {
    const taken = this.#cells.take();
    this.#busy = true;
    const write = async (): Promise<void> => {
      for (let wait = 100; !this.#stopped; wait = Math.min(5_000, wait * 2)) {
        try {
          if (this.#rules.fenceLast === false) await this.#putFence(fence);
          await this.#cells.write(taken);
          if (this.#rules.fenceLast !== false) await this.#putFence(fence);
          this.#cells.written(taken);
          break;
        } catch (error) {
          this.#failed(error);
          await sleep(this.#clock, wait);
        }
      }
      this.#busy = false;
    };
    this.#running = write();
    return this.#running;
  }

  /** Resolves when no write is under way. */
  settled(): Promise<void> {
    return this.#running;
  }

  /** No further attempt is begun. */
  stop(): void {
    this.#stopped = true;
  }

  async #putFence(fence: Fence): Promise<void> {
    await this.#store.put(this.#fences, String(this.#partition), { rev: fence.offset, logId: this.#logId, fence });
  }
}
