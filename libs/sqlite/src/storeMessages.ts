import type { CollectionSpec } from '@clatter/contract';
import type { RangeOptions } from '@clatter/ports';

/** Documents go between the threads as the JSON text that stands in the file: each thread works on text that the other need not walk through. */
export type DocRow = { readonly key: string; readonly doc: string };
export type PutRow = DocRow & { readonly rev: number };

/** What the main thread asks of the thread that owns a store's file, with what it is answered. */
export type StoreCalls = {
  ensure: { readonly of: { readonly collections: readonly CollectionSpec[] }; readonly to: undefined };
  getMany: { readonly of: { readonly collection: string; readonly keys: readonly string[] }; readonly to: readonly (string | undefined)[] };
  putMany: { readonly of: { readonly collection: string; readonly docs: readonly PutRow[] }; readonly to: readonly boolean[] };
  range: { readonly of: { readonly collection: string; readonly index: string; readonly options: RangeOptions }; readonly to: readonly DocRow[] };
  scan: { readonly of: { readonly collection: string; readonly after: string | undefined; readonly limit: number }; readonly to: readonly DocRow[] };
  drop: { readonly of: { readonly collection: string }; readonly to: boolean };
  ping: { readonly of: object; readonly to: undefined };
  close: { readonly of: object; readonly to: undefined };
};
export type StoreCallName = keyof StoreCalls;
export type StoreCall = { readonly [N in StoreCallName]: { readonly id: number; readonly t: N } & StoreCalls[N]['of'] }[StoreCallName];

export type StoreAnswer =
  | { readonly id: number; readonly result: StoreCalls[StoreCallName]['to'] }
  | { readonly id: number; readonly unique: string }
  | { readonly id: number; readonly error: string };

export type StoreWorkerOptions = { readonly path: string; readonly durable: boolean };
