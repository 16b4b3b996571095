import type { CollectionSpec, ServiceName } from '@clatter/contract';
import type { DocumentStore } from '@clatter/ports';
import { fenceCollection, generationCollection, stateCollection } from '../names.ts';
import { collectionsOf, FIRST_IS_BUILT, type Generations, readGenerations, writeGenerations } from '../readModels/generations.ts';

export type Derived = {
  readonly service: ServiceName;
  readonly collections: readonly CollectionSpec[];
  /** further collections, by their whole names */
  readonly more: readonly string[];
};

/**
 * Drops everything that a service made from its log: state, fences, read models of every generation. The next generation gets a number
 * never used, and serves when it has read the log. May be repeated where it was interrupted.
 */
export const resetDerived = async (store: DocumentStore, { service, collections, more }: Derived): Promise<void> => {
  await store.ensure([generationCollection(service)]);
  const now: Generations = (await readGenerations(store, service)) ?? { ...FIRST_IS_BUILT, rev: -1 };
  const next = now.last + 1;
  await writeGenerations(store, service, now, { building: next, last: next });
  for (const { name } of [stateCollection(service), fenceCollection(service)]) await store.drop(name);
  for (let generation = 1; generation < next; generation++) for (const { name } of collectionsOf(service, collections, generation)) await store.drop(name);
  for (const name of more) await store.drop(name);
};
