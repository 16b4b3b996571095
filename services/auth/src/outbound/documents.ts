import { ClatterError } from '@clatter/kernel';
import type { Document, DocumentStore } from '@clatter/ports';

type Versioned = { readonly rev: number };

export const read = async <T extends Versioned>(store: DocumentStore, collection: string, key: string): Promise<T | undefined> =>
  (await store.get(collection, key)) as T | undefined;

export const write = (store: DocumentStore, collection: string, key: string, doc: Versioned): Promise<boolean> =>
  store.put(collection, key, { ...doc } as Document);

/** Reads, steps and writes until no other writer was faster. `undefined` from `step` leaves it as it is. @throws {ClatterError} conflict after many tries */
export const change = async <T extends Versioned>(
  store: DocumentStore,
  collection: string,
  key: string,
  step: (doc: T) => T | undefined,
): Promise<T | undefined> => {
  for (let attempt = 0; attempt < 20; attempt++) {
    const doc = await read<T>(store, collection, key);
    const next = doc && step(doc);
    if (!doc || !next || next === doc) return doc;
    if (await write(store, collection, key, next)) return next;
  }
  throw new ClatterError('unavailable', 'Too many changes at once.', { after: 500 });
};
