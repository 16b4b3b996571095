import type { ServiceName } from '@clatter/contract';
import type { DocumentStore } from '@clatter/ports';
import { generationCollection } from '../names.ts';

/** Which generation of a service's read models queries use, and which one is being built beside it. */
export type Generations = { readonly rev: number; readonly serving: number; readonly building?: number };

const FIRST: Generations = { rev: 0, serving: 1 };

export const readGenerations = async (store: DocumentStore, service: ServiceName): Promise<Generations> => {
  const doc = await store.get(generationCollection(service).name, 'now');
  return (doc as Generations | undefined) ?? FIRST;
};

/** false where another writer was faster: read again. */
export const writeGenerations = (store: DocumentStore, service: ServiceName, next: Generations): Promise<boolean> =>
  store.put(generationCollection(service).name, 'now', { ...next });
