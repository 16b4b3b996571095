import type { CollectionSpec, ServiceName } from '@clatter/contract';
import type { Clock, DocumentStore } from '@clatter/ports';

/** A service's read models as a rebuild sees them. */
export type Rebuildable = {
  readonly service: ServiceName;
  readonly collections: readonly CollectionSpec[];
  /** the topic whose offsets a collection's `rev`s are */
  readonly topicOf: (collection: string) => string;
};

export type RebuildOptions = Rebuildable & {
  readonly store: DocumentStore;
  readonly clock: Clock;
  /** ms that the replaced generation is still kept up to date: every process must have seen the switch by then */
  readonly retireMs: number;
  /** ms until every projector has left a generation that is not kept up to date any more */
  readonly leaveMs: number;
  /** ms without progress after which nobody is taken to build */
  readonly stalledMs: number;
};

export const REBUILD_DEFAULTS = { retireMs: 20_000, leaveMs: 5_000, stalledMs: 30_000 };

/** Why a rebuild can't go on; trying again later resumes it. */
export class RebuildError extends Error {
  override readonly name = 'RebuildError';
}
