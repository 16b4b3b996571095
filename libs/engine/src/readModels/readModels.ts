import type { CheckpointDoc, CollectionSpec, ServiceName, Watermarks } from '@clatter/contract';
import { ClatterError, covers, physicalName } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, Part, ReadModels } from '@clatter/ports';
import { checkpointCollection, checkpointKey, generationCollection } from '../names.ts';
import { assertSameLog } from '../sameLog.ts';
import { collectionsOf, readGenerations } from './generations.ts';

export type ReadModelsOptions = {
  readonly service: ServiceName;
  /** topics that the service's projector reads */
  readonly topics: readonly string[];
  /** its read models, as far as this process reads them */
  readonly collections: readonly CollectionSpec[];
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  /** ms between two looks at the checkpoints while somebody waits; default 10 */
  readonly waitMs?: number;
  /** ms between two looks at the generations; default 1,000 */
  readonly pollMs?: number;
};

type Waiter = { readonly generation: number; readonly wanted: Watermarks; readonly until: number; readonly done: (reached: boolean) => void };

/** ms: who has not seen the generations for so long does not know what serves. A generation is dropped only much later. */
const KNOWN_FOR = 10_000;
const SOON = 100;

/** What queries, edges and sync know of a service's read models. Waiters share one look at the checkpoints. */
export const readModels = (o: ReadModelsOptions): ReadModels & Part => {
  let known: { readonly serving: number; readonly at: number } | undefined;
  let stopped = false;
  let cancelPoll = (): void => {};
  let waiters: Waiter[] = [];
  let looking = false;

  const serving = (): number => {
    if (!known || o.clock.now() - known.at > KNOWN_FOR) throw new ClatterError('unavailable', 'The read models do not serve yet.', { after: 1_000 });
    return known.serving;
  };
  const keys = (): string[] => o.topics.flatMap((topic) => Array.from({ length: o.log.partitions(topic) }, (_, p) => checkpointKey(topic, p)));

  const checkpoints = async (generation: number): Promise<Watermarks> => {
    const docs = (await o.store.getMany(checkpointCollection(o.service, generation).name, keys())) as readonly (CheckpointDoc | undefined)[];
    for (const doc of docs) assertSameLog(o.log, `a checkpoint of ${o.service}`, doc);
    const at: Record<string, number[]> = {};
    let i = 0;
    for (const topic of o.topics) at[topic] = Array.from({ length: o.log.partitions(topic) }, () => (docs[i++]?.fence.offset ?? 0) - 1);
    return at;
  };

  const look = async (): Promise<void> => {
    const seen = new Map<number, Watermarks | undefined>();
    for (const generation of new Set(waiters.map((w) => w.generation))) seen.set(generation, await checkpoints(generation).catch(() => undefined));
    const time = o.clock.now();
    const still: Waiter[] = [];
    for (const waiter of waiters) {
      const now = seen.get(waiter.generation);
      if (now && covers(now, waiter.wanted)) waiter.done(true);
      else if (time >= waiter.until || stopped) waiter.done(false);
      else still.push(waiter);
    }
    waiters = still;
    looking = still.length > 0;
    if (looking) o.clock.after(o.waitMs ?? 10, () => void look());
  };

  const learn = async (): Promise<void> => {
    const at = o.clock.now();
    const now = (await readGenerations(o.store, o.service))?.serving;
    if (now !== undefined && now !== known?.serving) await o.store.ensure(collectionsOf(o.service, o.collections, now));
    known = now === undefined ? undefined : { serving: now, at };
  };

  const poll = (): void => {
    cancelPoll = o.clock.after(known ? (o.pollMs ?? 1_000) : SOON, () => {
      learn()
        .catch(() => {}) // what is known counts for a while, then nothing is
        .finally(() => {
          if (!stopped) poll();
        });
    });
  };

  const view = (generation: () => number): ReadModels => ({
    collection: (name) => physicalName(name, generation()),
    checkpoints: async () => checkpoints(generation()),
    reached: async (wanted, ms) => {
      const one = generation();
      return new Promise((done) => {
        waiters.push({ generation: one, wanted, until: o.clock.now() + ms, done });
        if (looking) return;
        looking = true;
        void look();
      });
    },
    pinned: () => {
      const now = generation();
      return view(() => now);
    },
  });

  return {
    ...view(serving),
    name: `${o.service} read models`,
    async start() {
      await o.store.ensure([generationCollection(o.service)]);
      await learn();
      if (known) await checkpoints(known.serving); // another log's: this process must not serve
      poll();
    },
    async stop() {
      stopped = true;
      cancelPoll();
    },
    notReady: () => (known ? undefined : `${o.service} read models do not serve yet`),
  };
};
