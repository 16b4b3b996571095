import { Rebuild, RebuildError } from '@clatter/engine';
import { messagingCollections, messagingTopicOf } from '@clatter/messaging';
import { StoreUnavailable } from '@clatter/ports';
import { Violation } from '@clatter/testing';
import type { SimHost } from './scheduler.ts';
import type { World } from './world.ts';

/** Rebuilds the read models while people chat and things go wrong; it may die at any step and is then run again (P8). */
export class Operator {
  readonly #w: World;
  #host: SimHost | undefined;
  #runs = 0;
  /** the generation that serves at the end */
  serving = 1;
  done = false;

  constructor(world: World) {
    this.#w = world;
  }

  /** One turn of the faulty part: begins it at some time, and may end it before it is through. */
  step(): void {
    if (this.done) return;
    if (!this.#host && this.#w.random.chance(0.004)) return this.begin();
    if (this.#host && this.#w.random.chance(0.002)) {
      this.#w.count('kill rebuild');
      this.#w.scheduler.kill(this.#host);
      this.#host = undefined;
    }
  }

  /** What was begun is brought to its end. */
  finish(): void {
    if (!this.#host && !this.done) this.begin();
  }

  begin(): void {
    const host = this.#w.scheduler.host(`rebuild${++this.#runs}`);
    this.#host = host;
    this.#w.count('rebuild');
    void this.#run(host).catch((error: unknown) => {
      if (error instanceof RebuildError || error instanceof StoreUnavailable)
        this.#host = undefined; // tried again
      else this.#w.failures.push(error);
    });
  }

  async #run(host: SimHost): Promise<void> {
    const times = { retireMs: 20_000, leaveMs: 5_000, stalledMs: 3_600_000 };
    const store = this.#w.cluster.store(host);
    const work = new Rebuild({ service: 'messaging', collections: messagingCollections, topicOf: messagingTopicOf, ...times, store, clock: host.clock });
    const before = await work.state();
    if (before.serving === 1) {
      const building = await work.begin();
      await work.caughtUp(building, () => {}, { close: 5, every: 200 });
      const { different, differences } = await work.compare(building);
      if (different > 0) throw new Violation('P8', `rebuilt beside the serving generation, ${different} documents differ: ${JSON.stringify(differences[0])}`);
      await work.switchTo(building);
    }
    await work.finish();
    this.serving = (await work.state()).serving;
    this.done = true;
  }
}
