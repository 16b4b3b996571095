import type { CollectionSpec, ServiceName } from '@clatter/contract';
import type { DocumentStore } from '@clatter/ports';
import { checkpointCollection, generationCollection, modelCollection } from '../names.ts';

/**
 * The generations of a service's read models, one document that every process reads again each second. A number is never used twice,
 * so what a process writes late goes where nobody reads.
 */
export type Generations = {
  readonly rev: number;
  /** what queries use; none while the first one is built from a log that has records already */
  readonly serving?: number;
  /** being built beside it */
  readonly building?: number;
  /** served until lately, and kept up to date until every process has seen the switch */
  readonly retiring?: { readonly generation: number; readonly since: number };
  /** read and written by nobody: its collections go */
  readonly dropping?: number;
  /** the greatest number that was ever given */
  readonly last: number;
};

export const FIRST_SERVES: Generations = { rev: 0, serving: 1, last: 1 };
export const FIRST_IS_BUILT: Generations = { rev: 0, building: 1, last: 1 };

/** undefined where no projector has ever run. */
export const readGenerations = async (store: DocumentStore, service: ServiceName): Promise<Generations | undefined> =>
  (await store.get(generationCollection(service).name, 'now')) as Generations | undefined;

/** Writes what follows `before`. false where another writer was faster: read again. */
export const writeGenerations = (store: DocumentStore, service: ServiceName, before: Generations, next: Omit<Generations, 'rev'>): Promise<boolean> =>
  store.put(generationCollection(service).name, 'now', { ...next, rev: before.rev + 1 });

export const beginGenerations = (store: DocumentStore, service: ServiceName, first: Generations): Promise<boolean> =>
  store.put(generationCollection(service).name, 'now', { ...first });

/** The generations that a projector keeps up to date. */
export const projected = ({ serving, building, retiring }: Generations): readonly number[] =>
  [serving, building, retiring?.generation].filter((g) => g !== undefined);

/** Everything that a generation consists of. */
export const collectionsOf = (service: ServiceName, collections: readonly CollectionSpec[], generation: number): readonly CollectionSpec[] => [
  ...collections.map((spec) => modelCollection(spec, generation)),
  checkpointCollection(service, generation),
];
