import type { Part } from '@clatter/ports';
import { generationCollection } from '../names.ts';
import { readGenerations } from '../readModels/generations.ts';
import { PROJECTOR_DEFAULTS } from '../settings.ts';
import { type RunningGeneration, runGeneration } from './generation.ts';
import type { ProjectorOptions } from './options.ts';

/** The projector role of a service: keeps the serving generation of its read models, and during a rebuild the next one, up to date. */
export const projectorPart = (options: ProjectorOptions): Part => {
  const { service, store, clock, report } = options;
  const running = new Map<number, RunningGeneration>();
  let cancel = (): void => {};
  let stopped = false;
  let failure: string | undefined;

  const adjust = async (): Promise<void> => {
    const { serving, building } = await readGenerations(store, service);
    const wanted = building === undefined ? [serving] : [serving, building];
    for (const generation of wanted) {
      if (!running.has(generation)) running.set(generation, await runGeneration(options, generation, (why) => (failure = why)));
    }
    for (const [generation, projection] of running) {
      if (wanted.includes(generation)) continue;
      running.delete(generation);
      await projection.stop();
    }
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
      await Promise.all([...running.values()].map((projection) => projection.stop()));
    },
    notReady: () => failure,
  };
};
