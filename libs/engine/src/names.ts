import type { CollectionSpec, ServiceName } from '@clatter/contract';
import { physicalName } from '@clatter/kernel';

/** Collections that the engine keeps for a service, beside its read models. */
export const stateCollection = (service: ServiceName): CollectionSpec => ({ name: `${service}.state`, indexes: [] });
export const fenceCollection = (service: ServiceName): CollectionSpec => ({ name: `${service}.fences`, indexes: [] });
export const generationCollection = (service: ServiceName): CollectionSpec => ({
  name: `${service}.generations`,
  indexes: [],
});
export const checkpointCollection = (service: ServiceName, generation: number): CollectionSpec => ({
  name: physicalName(`${service}.checkpoints`, generation),
  indexes: [],
});
export const modelCollection = (spec: CollectionSpec, generation: number): CollectionSpec => ({
  ...spec,
  name: physicalName(spec.name, generation),
});

export const checkpointKey = (topic: string, partition: number): string => `${topic}/${partition}`;
