import { sleep } from '@clatter/ports';
import { generationCollection } from '../names.ts';
import { collectionsOf, type Generations, readGenerations, writeGenerations } from '../readModels/generations.ts';
import { type Comparison, compareGenerations } from './compare.ts';
import { RebuildError, type RebuildOptions } from './options.ts';
import { behind, positionsOf, total } from './positions.ts';

export type Progress = {
  readonly generation: number;
  readonly records: number;
  /** records that the serving generation is ahead */
  readonly behind: number;
  /** records per second since the last report */
  readonly rate: number;
};

/** `close`: records; so close behind, the new generation serves as well as the old. `every`: ms between two looks. */
export type Pace = { readonly close: number; readonly every: number };
const PACE: Pace = { close: 1_000, every: 1_000 };

/**
 * A rebuild, step by step. What is reached stands in the generations' document, which the projectors follow: the one who runs these steps
 * may die at any of them, and the next one goes on from there. The serving generation serves on throughout.
 */
export class Rebuild {
  readonly #o: RebuildOptions;

  constructor(options: RebuildOptions) {
    this.#o = options;
  }

  /** @throws {RebuildError} where no read models serve yet */
  async state(): Promise<Generations & { readonly serving: number }> {
    const { store, service } = this.#o;
    await store.ensure([generationCollection(service)]);
    const now = await readGenerations(store, service);
    if (now?.serving === undefined) throw new RebuildError(`no read models of ${service} serve yet: they are being built already, or ${service} never ran`);
    await this.#ensure(now.serving);
    return { ...now, serving: now.serving };
  }

  /** Waits for the first generation, where none serves yet and this process builds it. @throws {RebuildError} */
  async serves(): Promise<void> {
    const { clock, store, service } = this.#o;
    await store.ensure([generationCollection(service)]);
    while ((await readGenerations(store, service))?.serving === undefined) await sleep(clock, 100);
  }

  /** The generation that is built now; one that an earlier run began goes on. */
  async begin(): Promise<number> {
    const now = await this.state();
    const building = now.building ?? now.last + 1;
    if (now.building === undefined) await this.#write(now, { serving: now.serving, building, last: building });
    await this.#ensure(building);
    return building;
  }

  /** Waits until the new generation is close behind the serving one. @throws {RebuildError} where nobody builds it */
  async caughtUp(building: number, tell: (progress: Progress) => void, { close, every }: Pace = PACE): Promise<void> {
    const { clock, service, stalledMs } = this.#o;
    const { serving } = await this.state();
    let last = { at: clock.now(), records: total(await positionsOf(this.#o, building)) };
    let moved = last.at;
    for (;;) {
      const at = await positionsOf(this.#o, building);
      const left = behind(at, await positionsOf(this.#o, serving));
      const [now, records] = [clock.now(), total(at)];
      if (records > last.records) moved = now;
      if (now > last.at || left <= close)
        tell({ generation: building, records, behind: left, rate: (1_000 * (records - last.records)) / Math.max(1, now - last.at) });
      if (left <= close) return;
      if (now - moved > stalledMs)
        throw new RebuildError(
          `nobody has built for ${Math.round(stalledMs / 1_000)} s: is ${service} running, with the role projector? Run this again to go on.`,
        );
      last = { at: now, records };
      await sleep(clock, every);
    }
  }

  async compare(building: number): Promise<Comparison> {
    return compareGenerations(this.#o, (await this.state()).serving, building);
  }

  /** From now on queries use the new generation; the old one is kept up to date until everybody has seen it. */
  async switchTo(building: number): Promise<void> {
    const now = await this.state();
    if (now.building !== building) throw new RebuildError('another rebuild went on meanwhile');
    await this.#write(now, { serving: building, retiring: { generation: now.serving, since: this.#o.clock.now() }, last: now.last });
  }

  /** The new generation is given up. */
  async abandon(): Promise<void> {
    const now = await this.state();
    if (now.building !== undefined) await this.#write(now, { serving: now.serving, dropping: now.building, last: now.last });
    await this.finish();
  }

  /** Drops what no longer serves, as soon as nobody reads or writes it. */
  async finish(): Promise<void> {
    const { clock, store, service, collections, retireMs, leaveMs } = this.#o;
    let now = await this.state();
    if (now.retiring) {
      const { generation, since } = now.retiring;
      await sleep(clock, Math.max(0, since + retireMs - clock.now()));
      now = await this.#write(now, { serving: now.serving, ...rest(now), dropping: generation, last: now.last });
    }
    if (now.dropping === undefined) return;
    await sleep(clock, leaveMs);
    for (const { name } of collectionsOf(service, collections, now.dropping)) await store.drop(name);
    await this.#write(now, { serving: now.serving, ...rest(now), last: now.last });
  }

  #ensure(generation: number): Promise<void> {
    const { store, service, collections } = this.#o;
    return store.ensure(collectionsOf(service, collections, generation));
  }

  async #write(before: Generations, next: Omit<Generations, 'rev'>): Promise<Generations & { readonly serving: number }> {
    if (!(await writeGenerations(this.#o.store, this.#o.service, before, next))) throw new RebuildError('another rebuild went on meanwhile; run this again');
    return this.state();
  }
}

const rest = ({ building }: Generations): { building?: number } => (building === undefined ? {} : { building });
