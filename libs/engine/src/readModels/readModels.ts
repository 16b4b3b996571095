import type { CheckpointDoc, ServiceName, Watermarks } from '@clatter/contract';
import { ClatterError, covers, physicalName } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, Part, ReadModels } from '@clatter/ports';
import { checkpointCollection, checkpointKey, generationCollection } from '../names.ts';
import { type Generations, readGenerations } from './generations.ts';

export type ReadModelsOptions = {
  readonly service: ServiceName;
  /** topics that the service's projector reads */
  readonly topics: readonly string[];
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  /** ms between two looks at the checkpoints while somebody waits; default 10 */
  readonly waitMs?: number;
  /** ms between two looks at the generations; default 1,000 */
  readonly pollMs?: number;
};

type Waiter = { readonly wanted: Watermarks; readonly until: number; readonly done: (reached: boolean) => void };

/** What queries, edges and sync know of a service's read models. Waiters share one look at the checkpoints. */
export const readModels = (o: ReadModelsOptions): ReadModels & Part => {
  let generations: Generations | undefined;
  let stopped = false;
  let cancelPoll = (): void => {};
  let waiters: Waiter[] = [];
  let looking = false;

  const serving = (): number => {
    if (!generations) throw new ClatterError('unavailable', 'The read models do not serve yet.', { after: 1_000 });
    return generations.serving;
  };
  const keys = (): string[] => o.topics.flatMap((topic) => Array.from({ length: o.log.partitions(topic) }, (_, p) => checkpointKey(topic, p)));

  const checkpoints = async (): Promise<Watermarks> => {
    const docs = (await o.store.getMany(checkpointCollection(o.service, serving()).name, keys())) as readonly (CheckpointDoc | undefined)[];
    const at: Record<string, number[]> = {};
    let i = 0;
    for (const topic of o.topics) at[topic] = Array.from({ length: o.log.partitions(topic) }, () => (docs[i++]?.fence.offset ?? 0) - 1);
    return at;
  };

  const look = async (): Promise<void> => {
    const now = await checkpoints().catch(() => undefined);
    const time = o.clock.now();
    const still: Waiter[] = [];
    for (const waiter of waiters) {
      if (now && covers(now, waiter.wanted)) waiter.done(true);
      else if (time >= waiter.until || stopped) waiter.done(false);
      else still.push(waiter);
    }
    waiters = still;
    looking = still.length > 0;
    if (looking) o.clock.after(o.waitMs ?? 10, () => void look());
  };

  const poll = async (): Promise<void> => {
    generations = await readGenerations(o.store, o.service).catch(() => generations);
    if (!stopped) cancelPoll = o.clock.after(o.pollMs ?? 1_000, () => void poll());
  };

  return {
    name: `${o.service} read models`,
    async start() {
      await o.store.ensure([generationCollection(o.service)]);
      generations = await readGenerations(o.store, o.service);
      cancelPoll = o.clock.after(o.pollMs ?? 1_000, () => void poll());
    },
    async stop() {
      stopped = true;
      cancelPoll();
    },
    notReady: () => (generations ? undefined : `${o.service} read models do not serve yet`),
    collection: (name) => physicalName(name, serving()),
    checkpoints,
    reached: (wanted, ms) =>
      new Promise((done) => {
        waiters.push({ wanted, until: o.clock.now() + ms, done });
        if (looking) return;
        looking = true;
        void look();
      }),
  };
};
