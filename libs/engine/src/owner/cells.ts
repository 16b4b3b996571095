import type { Cell, Change } from '@clatter/kernel';
import type { Document, DocumentStore, Stored } from '@clatter/ports';
import type { OwnerRules } from '../rules.ts';
import { assertSameLog } from '../sameLog.ts';

/** `value` undefined = nothing there. `rev` = offset of the last read-back record in it, -1 for none. */
type Held = { value: Cell | undefined; rev: number; weight: number };
export type Flushed = { readonly name: string; readonly value: Cell; readonly rev: number; readonly weight: number };

/** Cells of one write, and what they weigh together: they become text in one turn, which keeps everybody else waiting. */
const WRITTEN_AT_ONCE = { cells: 500, weight: 512 * 1024 };

/**
 * The state of one partition: small cells under their names, the clean ones bounded by weight (P7).
 * A cell is dirty from its change until its write was acknowledged, and never evicted before.
 */
export class Cells {
  readonly #store: DocumentStore;
  readonly #collection: string;
  readonly #partition: number;
  readonly #logId: string;
  readonly #maxWeight: number;
  readonly #rules: OwnerRules;
  readonly #held = new Map<string, Held>();
  readonly #dirty = new Set<string>();
  readonly #pinned = new Map<string, number>();
  /** names that are being read from the store, and by how many */
  readonly #loading = new Map<string, number>();
  #weight = 0;

  constructor(store: DocumentStore, collection: string, partition: number, logId: string, maxWeight: number, rules: OwnerRules) {
    this.#store = store;
    this.#collection = collection;
    this.#partition = partition;
    this.#logId = logId;
    this.#maxWeight = maxWeight;
    this.#rules = rules;
  }

  readonly get = (name: string): Cell | undefined => this.#held.get(name)?.value;

  has(name: string): boolean {
    return this.#held.has(name);
  }

  /** Cells not yet acknowledged by the store. */
  get unwritten(): number {
    return this.#dirty.size + this.#pinned.size;
  }
  get dirty(): number {
    return this.#dirty.size;
  }

  /** Loads what is not in memory; cells that do not exist are remembered as such. */
  async load(names: Iterable<string>): Promise<void> {
    const missing = [...new Set(names)].filter((name) => !this.#held.has(name));
    if (missing.length === 0) return;
    for (const name of missing) this.#loading.set(name, (this.#loading.get(name) ?? 0) + 1);
    try {
      this.#keep(missing, await this.#store.getMany(this.#collection, missing.map(this.#key)));
    } finally {
      for (const name of missing) lower(this.#loading, name);
    }
  }

  #keep(names: readonly string[], docs: readonly (Document | undefined)[]): void {
    names.forEach((name, i) => {
      if (this.#held.has(name)) return; // changed while we waited: memory is ahead of the store
      const doc = docs[i];
      assertSameLog({ logId: this.#logId }, `the cell ${name}`, doc);
      const value = doc?.cell as Cell | undefined;
      const weight = weigh(name, value);
      this.#held.set(name, { value, rev: doc?.rev ?? -1, weight });
      this.#weight += weight;
    });
  }

  /** Applies a replayed record at `offset`, each cell on its own. All of them are loaded. */
  replay(changes: readonly Change[], offset: number): void {
    const skip = new Map<string, boolean>();
    for (const change of changes) {
      const held = this.#at(change.cell);
      if (!skip.has(change.cell)) skip.set(change.cell, this.#rules.replaySkip !== false && held.rev >= offset);
      if (skip.get(change.cell)) continue;
      this.#set(change.cell, held, change.to(alive(held.value)));
      held.rev = offset;
    }
  }

  /** Applies a record that was just decided: it has no offset yet. All of it or, where a step throws, nothing. */
  apply(changes: readonly Change[]): void {
    const next = new Map<string, Cell>();
    for (const change of changes) next.set(change.cell, change.to(alive(next.get(change.cell) ?? this.#at(change.cell).value)));
    for (const [name, value] of next) this.#set(name, this.#at(name), value);
  }

  /** A record that was applied when it was decided has been read back at `offset`. */
  confirm(changes: readonly Change[], offset: number): void {
    for (const change of changes) {
      const held = this.#held.get(change.cell);
      if (held) held.rev = offset;
    }
  }

  /** A cell that says nothing any more becomes a tombstone, as after the record at `rev`. */
  bury(name: string, rev: number): void {
    const held = this.#at(name);
    if (held.rev >= rev) return;
    this.#set(name, held, { gone: true });
    held.rev = rev;
  }

  /** Takes the references of all dirty cells; they stay in memory until `written`. */
  take(): Flushed[] {
    const taken: Flushed[] = [];
    for (const name of this.#dirty) {
      const held = this.#held.get(name);
      if (held?.value) taken.push({ name, value: held.value, rev: held.rev, weight: held.weight });
    }
    this.#dirty.clear();
    for (const { name } of taken) this.#pinned.set(name, (this.#pinned.get(name) ?? 0) + 1);
    return taken;
  }

  async write(taken: readonly Flushed[]): Promise<void> {
    for (let i = 0; i < taken.length; ) {
      const docs: Stored[] = [];
      for (let weight = 0; i < taken.length && docs.length < WRITTEN_AT_ONCE.cells && weight < WRITTEN_AT_ONCE.weight; i++) {
        const one = taken[i] as Flushed;
        docs.push({ key: this.#key(one.name), doc: { rev: one.rev, logId: this.#logId, cell: one.value } });
        weight += one.weight;
      }
      await this.#store.putMany(this.#collection, docs);
    }
  }

  written(taken: readonly Flushed[]): void {
    for (const { name } of taken) lower(this.#pinned, name);
  }

  /** Forgets clean cells, least recently changed or loaded first, until the rest weigh little enough. */
  evict(): void {
    if (this.#weight <= this.#maxWeight) return;
    for (const [name, held] of this.#held) {
      if (this.#weight <= this.#maxWeight) break;
      if (this.#rules.evictClean !== false && this.#dirty.has(name)) continue;
      if (this.#rules.pinFlush !== false && this.#pinned.has(name)) continue;
      if (this.#loading.has(name)) continue; // that answer may be older than what was stored meanwhile
      this.#held.delete(name);
      this.#weight -= held.weight;
    }
  }

  readonly #key = (name: string): string => `${this.#partition}/${name}`;

  #at(name: string): Held {
    const held = this.#held.get(name);
    if (!held) throw new Error(`cell ${name} is not loaded`);
    return held;
  }

  #set(name: string, held: Held, value: Cell): void {
    const weight = weigh(name, value);
    this.#weight += weight - held.weight;
    held.value = value;
    held.weight = weight;
    this.#held.delete(name); // moves it to the young end
    this.#held.set(name, held);
    this.#dirty.add(name);
  }
}

const lower = (counts: Map<string, number>, name: string): void => {
  const left = (counts.get(name) ?? 1) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
};

/** A step sees nothing of a cell that ended. */
const alive = (value: Cell | undefined): Cell | undefined => (value && 'gone' in value && value.gone ? undefined : value);

/** A rough size in bytes: enough to bound memory, cheap enough for every change. */
const weigh = (name: string, value: Cell | undefined): number => {
  let weight = 120 + name.length;
  if (!value) return weight;
  for (const field of Object.values(value)) {
    if (typeof field === 'string') weight += field.length;
    else if (Array.isArray(field)) weight += field.length * 200;
    else if (field && typeof field === 'object') weight += Object.keys(field).length * 60;
    else weight += 8;
  }
  return weight;
};
