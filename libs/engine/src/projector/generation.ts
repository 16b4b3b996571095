import type { CheckpointDoc } from '@clatter/contract';
import type { GroupHandler, Membership } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import type { Place } from '../lag.ts';
import { checkpointCollection, checkpointKey } from '../names.ts';
import { collectionsOf } from '../readModels/generations.ts';
import { assertSameLog } from '../sameLog.ts';
import { PROJECTOR_DEFAULTS, type ProjectorSettings } from '../settings.ts';
import { startFence } from '../startFence.ts';
import type { ProjectorOptions } from './options.ts';
import { PartitionProjector } from './partition.ts';

/** A running projection of all sources into the collections of one generation. */
export type RunningGeneration = { readonly generation: number; places(): readonly Place[]; stop(): Promise<void> };

/** @throws {Alarm} where the stored checkpoints are not of this log, or lie beyond its end */
export const runGeneration = async (
  options: ProjectorOptions,
  generation: number,
  serves: () => boolean,
  failed: (why: string) => void,
): Promise<RunningGeneration> => {
  const settings: ProjectorSettings = { ...PROJECTOR_DEFAULTS, ...options.settings };
  const { service, sources, collections, log, store, report } = options;
  await store.ensure(collectionsOf(service, collections, generation));
  await checkStored(options, settings, generation);
  const running = new Map<string, PartitionProjector>();
  const stopAll = (partition: number): void => {
    for (const { topic } of sources) {
      running.get(`${topic}/${partition}`)?.stop();
      running.delete(`${topic}/${partition}`);
    }
  };
  const fail = (error: Error): void => {
    failed(error.message);
    report.log.error({ service, generation, error }, 'ALARM: the projector can not go on');
  };
  let joined: Promise<Membership>;
  const handler: GroupHandler = {
    async assigned(partition) {
      const from: Record<string, number> = {};
      for (const source of sources) {
        const projector = new PartitionProjector(options, settings, source, partition, { number: generation, serves }, failed);
        try {
          from[source.topic] = await projector.prepare();
        } catch (error) {
          if (error instanceof Alarm) fail(error);
          throw error;
        }
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
    failed: fail,
  };
  const group = `${service}.projector.g${generation}`;
  joined = log.join({ group, topics: sources.map((s) => s.topic), handler, patience: serves() ? settings.batchMs : settings.buildMs });
  const membership = await joined;
  return { generation, places: () => [...running.values()].map((projector) => projector.place), stop: () => membership.leave() };
};

/** What is stored is looked at before anything is done: a process that can not go on must not start. */
const checkStored = async (o: ProjectorOptions, settings: ProjectorSettings, generation: number): Promise<void> => {
  for (const { topic } of o.sources) {
    const keys = Array.from({ length: o.log.partitions(topic) }, (_, p) => checkpointKey(topic, p));
    const docs = (await o.store.getMany(checkpointCollection(o.service, generation).name, keys)) as readonly (CheckpointDoc | undefined)[];
    for (const [p, doc] of docs.entries()) {
      assertSameLog(o.log, `the checkpoint of ${topic}/${p}`, doc);
      if (doc) await startFence(o.log, o.clock, topic, p, doc.fence, settings.beyondEndMs);
    }
  }
};
