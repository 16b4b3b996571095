import type { Answer, Command, ErrorCode, EventRecord, Fact, JsonObject } from '@clatter/contract';

/**
 * A small piece of a partition's state. Its name is unique within the partition: `<key>/root`, `<key>/member/<user>` …
 * A cell that ended stays as a tombstone `{gone: true}`.
 */
export type Cell = object;
export type GetCell = (name: string) => Cell | undefined;

/** A command with what the log adds to it. `at` is its append time in ms, `offset` its place; time never comes from anywhere else. */
export type Dated = Command & { readonly at: number; readonly offset: number };

export type Decision =
  | { readonly outcome: 'accepted'; readonly events: readonly Fact[]; readonly answer: JsonObject }
  | { readonly outcome: 'rejected'; readonly code: ErrorCode };

export type Change = { readonly cell: string; readonly to: (cell: Cell | undefined) => Cell };

/** What an event record holds before the owner numbers it with its epoch. */
export type Draft = Omit<EventRecord, 'epoch'>;

/** A service's domain as the owner drives it. Pure: no time, no randomness, no I/O. */
export interface Domain {
  /** names of the cells that a command reads; asked again as long as it names cells not loaded yet (root first) */
  reads(command: Dated, get: GetCell): readonly string[];
  decide(get: GetCell, command: Dated): Decision;
  /** how an accepted record changes cells, in order; the same type as a projection's step */
  evolve(record: Draft): readonly Change[];
  /** channels beyond `edge/<instance>` that an accepted record is addressed to */
  address(record: Draft): readonly string[];
}

/** A domain in which every record, also a rejection, is decided whole: the window is part of it. Made by `withWindow`; presence needs none. */
export interface Decider {
  reads(command: Dated, get: GetCell): readonly string[];
  decide(get: GetCell, command: Dated): Draft;
  evolve(record: Draft): readonly Change[];
  address(record: Draft): readonly string[];
  /** whether a cell says nothing any more at log time `at` (ms): deciding is the same without it */
  forgettable?(name: string, cell: Cell, at: number): boolean;
  /** records without facts may be left out (presence only) */
  readonly skipEmpty?: boolean;
}

export const answerOf = (record: Draft): Answer | undefined => {
  if (record.outcome === 'duplicate') return record.of;
  if (record.outcome === 'accepted') return { outcome: 'accepted', data: record.answer ?? {} };
  return record.code ? { outcome: 'rejected', code: record.code } : undefined;
};

export const draft = (command: Dated): Omit<Draft, 'outcome' | 'events'> => ({
  key: command.key,
  command: { offset: command.offset, id: command.id },
  actor: command.actor,
  at: command.at,
  origin: command.origin,
});
