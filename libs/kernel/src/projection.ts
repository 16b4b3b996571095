import type { Versioned } from '@clatter/contract';

/** A document's own fields; `rev` is added by the projector. A tombstone is `{gone: true}` with its key fields. */
export type Fields = { readonly gone?: true; readonly [field: string]: unknown };
export type StoredDoc = Versioned & Fields;

/** One step of a projection. `to` gets undefined for a missing or gone document; `rev` is the record's offset. */
export type DocChange = { readonly collection: string; readonly key: string; readonly to: (doc: StoredDoc | undefined, rev: number) => Fields };

/** Pure: which documents a decoded record changes, in order. */
export type Project<R> = (record: R) => readonly DocChange[];
