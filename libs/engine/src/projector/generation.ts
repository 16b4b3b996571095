import type { GroupHandler, Membership } from '@clatter/ports';
import { checkpointCollection, modelCollection } from '../names.ts';
import { PROJECTOR_DEFAULTS, type ProjectorSettings } from '../settings.ts';
import type { ProjectorOptions } from './options.ts';
import { PartitionProjector } from './partition.ts';

/** A running projection of all sources into the collections of one generation. */
export type RunningGeneration = { readonly generation: number; stop(): Promise<void> };

export const runGeneration = async (options: ProjectorOptions, generation: number, failed: (why: string) => void): Promise<RunningGeneration> => {
  const settings: ProjectorSettings = { ...PROJECTOR_DEFAULTS, ...options.settings };
  const { service, sources, collections, log, store, report } = options;
  await store.ensure([...collections.map((c) => modelCollection(c, generation)), checkpointCollection(service, generation)]);
  const running = new Map<string, PartitionProjector>();
  const stopAll = (partition: number): void => {
    for (const { topic } of sources) {
      running.get(`${topic}/${partition}`)?.stop();
      running.delete(`${topic}/${partition}`);
    }
  };
  let joined: Promise<Membership>;
  const handler: GroupHandler = {
    async assigned(partition) {
      const from: Record<string, number> = {};
      for (const source of sources) {
        const projector = new PartitionProjector(options, settings, source, partition, generation);
        from[source.topic] = await projector.prepare();
        running.get(`${source.topic}/${partition}`)?.stop();
        running.set(`${source.topic}/${partition}`, projector);
      }
      for (const { topic } of sources) running.get(`${topic}/${partition}`)?.run(joined);
      return from;
    },
    async revoked(partition) {
      stopAll(partition); // a batch that is under way may end: the guards make it harmless
    },
    records(topic, partition, records, next) {
      running.get(`${topic}/${partition}`)?.records(records, next);
    },
    failed(error) {
      failed(error.message);
      report.log.error({ service, generation, error }, 'ALARM: the projector can not go on');
    },
  };
  joined = log.join({ group: `${service}.projector.g${generation}`, topics: sources.map((s) => s.topic), handler });
  const membership = await joined;
  return { generation, stop: () => membership.leave() };
};
