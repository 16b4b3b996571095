import type { Cell, Decider } from '@clatter/kernel';
import type { DocumentStore } from '@clatter/ports';
import type { Cells } from './cells.ts';

export type SweeperOptions = {
  readonly cells: Cells;
  readonly store: DocumentStore;
  /** where the cells are stored */
  readonly collection: string;
  readonly partition: number;
  readonly decider: Decider;
};

/** Stored cells looked at between two flushes. */
const AT_ONCE = 100;
/** ms of the log's time between two rounds */
const REST = 3_600_000;

/**
 * Goes through a partition's stored cells a piece at a time, round and round, and replaces those that say nothing any more
 * (idle idempotence windows) by tombstones: so state does not grow with every device that ever wrote (P7).
 */
export class Sweeper {
  readonly #o: SweeperOptions;
  #after: string | undefined;
  #restsUntil = 1; // and so not before the log has told a time
  #found: readonly string[] = [];

  constructor(options: SweeperOptions) {
    this.#o = options;
  }

  /** Looks at the next piece. `at`: the log's own time, ms. */
  async look(at: number): Promise<void> {
    const { cells, store, collection, partition, decider } = this.#o;
    if (!decider.forgettable || at < this.#restsUntil) return;
    const prefix = `${partition}/`;
    const page = await store.scan(collection, this.#after ?? prefix, AT_ONCE);
    const own = page.filter(({ key }) => key.startsWith(prefix));
    this.#after = own.length === AT_ONCE ? own.at(-1)?.key : undefined;
    if (this.#after === undefined) this.#restsUntil = at + REST;
    const names = own.flatMap(({ key, doc }) => {
      const name = key.slice(prefix.length);
      return decider.forgettable?.(name, doc.cell as Cell, at) ? [name] : [];
    });
    await cells.load(names);
    this.#found = names;
  }

  /** At a flush's barrier: nothing is in flight, `rev` is the offset of the last record. What is in memory decides. */
  bury(at: number, rev: number): void {
    const { cells, decider } = this.#o;
    for (const name of this.#found) {
      const cell = cells.get(name);
      if (cell && decider.forgettable?.(name, cell, at)) cells.bury(name, rev);
    }
    this.#found = [];
  }
}
