import type { Extent, Part } from '@clatter/ports';
import { measureLag } from '../lag.ts';
import { checkpointCollection, checkpointKey, generationCollection } from '../names.ts';
import { beginGenerations, FIRST_IS_BUILT, FIRST_SERVES, type Generations, projected, readGenerations, writeGenerations } from '../readModels/generations.ts';
import { PROJECTOR_DEFAULTS } from '../settings.ts';
import { type RunningGeneration, runGeneration } from './generation.ts';
import type { ProjectorOptions } from './options.ts';

type Ends = Readonly<Record<string, readonly Extent[]>>;

/** The projector role of a service: keeps the serving generation of its read models, and during a rebuild the next one, up to date. */
export const projectorPart = (options: ProjectorOptions): Part => {
  const { service, sources, log, store, clock, report } = options;
  const running = new Map<number, RunningGeneration>();
  const failures = new Map<number, string>();
  /** where the log ended when a generation without a predecessor was first seen: there it begins to serve */
  let target: Ends | undefined;
  let serving: number | undefined;
  let cancel = (): void => {};
  let stopped = false;

  const ends = async (): Promise<Ends> => Object.fromEntries(await Promise.all(sources.map(async ({ topic }) => [topic, await log.ends(topic)] as const)));

  /** A log without records needs no building; over an older log nothing serves until it is read. */
  const begin = async (): Promise<Generations> => {
    const empty = Object.values(await ends()).every((extents) => extents.every(({ end }) => end === 0));
    await beginGenerations(store, service, empty ? FIRST_SERVES : FIRST_IS_BUILT);
    return (await readGenerations(store, service)) ?? FIRST_IS_BUILT;
  };

  const adjust = async (): Promise<void> => {
    const generations = (await readGenerations(store, service)) ?? (await begin());
    serving = generations.serving;
    const wanted = projected(generations);
    for (const [generation, projection] of running) {
      if (wanted.includes(generation)) continue;
      running.delete(generation);
      failures.delete(generation);
      await projection.stop();
    }
    for (const generation of wanted) {
      if (!running.has(generation))
        running.set(
          generation,
          await runGeneration(
            options,
            generation,
            () => generation === serving,
            (why) => failures.set(generation, why),
          ),
        );
    }
    if (generations.serving === undefined && generations.building !== undefined) await promote(generations, generations.building);
  };

  /** Where nothing serves, what is built serves as soon as it has read what stood in the log. */
  const promote = async (generations: Generations, building: number): Promise<void> => {
    target ??= await ends();
    for (const [topic, extents] of Object.entries(target)) {
      const keys = extents.map((_, p) => checkpointKey(topic, p));
      const docs = await store.getMany(checkpointCollection(service, building).name, keys);
      if (extents.some(({ start, end }, p) => end > start && (docs[p]?.rev ?? 0) < end)) return;
    }
    const { last } = generations;
    if (await writeGenerations(store, service, generations, { serving: building, last })) report.log.info({ service, generation: building }, 'serves');
  };

  const poll = (): void => {
    cancel = clock.after(options.settings?.pollMs ?? PROJECTOR_DEFAULTS.pollMs, () => {
      adjust()
        .catch((error: unknown) => report.log.warn({ service, error }, 'the generations could not be read'))
        .finally(() => {
          if (!stopped) poll();
        });
    });
  };

  // the newest generation is the one that has the most to do
  const stopMeasuring = measureLag(options, 'projector', () => [...running.values()].at(-1)?.places() ?? []);

  return {
    name: `${service} projector`,
    async start() {
      await store.ensure([generationCollection(service)]);
      await adjust();
      poll();
    },
    async stop() {
      stopped = true;
      cancel();
      stopMeasuring();
      await Promise.all([...running.values()].map((projection) => projection.stop()));
    },
    notReady: () => (serving === undefined ? undefined : failures.get(serving)),
  };
};
