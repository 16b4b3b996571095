import type { JsonObject } from '@clatter/contract';
import type { RefState } from '@clatter/kernel';
import type { ClientState } from '../law/state.ts';

/** A command that was not answered yet. */
export type Unanswered = { readonly ref: string; readonly name: string; readonly data: JsonObject };

/**
 * What outlives the program. The device id, its refs and its outbox belong together and die together:
 * refs must go on increasing where they stopped (P2).
 */
export type Saved = { readonly device: string; readonly refs?: RefState; readonly outbox: readonly Unanswered[] };

/** A cursor and what is held as of it: one without the other is worth nothing. */
export type Snapshot = { readonly cursor: string; readonly state: ClientState };

/** Where it is kept. `save` is called before a ref is first sent; it is synchronous so that nothing overtakes it. */
export interface Storage {
  load(): Saved | undefined;
  save(saved: Saved): void;
  loadState(): Snapshot | undefined;
  /** undefined: nothing is held any more */
  saveState(snapshot: Snapshot | undefined): void;
}

/** Keeps everything as long as the program runs. */
export const memoryStorage = (): Storage => {
  let saved: Saved | undefined;
  let snapshot: Snapshot | undefined;
  return {
    load: () => saved,
    save: (next) => {
      saved = next;
    },
    loadState: () => snapshot,
    saveState: (next) => {
      snapshot = next;
    },
  };
};
