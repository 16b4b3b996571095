import type { CollectionSpec, ServiceName } from '@clatter/contract';
import type { Project } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, Ids } from '@clatter/ports';
import type { Report } from '../report.ts';
import type { ProjectorRules } from '../rules.ts';
import type { ProjectorSettings } from '../settings.ts';

/** A record as a projection sees it: `value` is the decoded JSON body; of a fenced topic only accepted records come. */
export type SourceRecord = {
  readonly offset: number;
  readonly at: number;
  readonly key: string;
  readonly value: unknown;
};

export type Source = { readonly topic: string; readonly fenced: boolean; readonly project: Project<SourceRecord> };

export type ProjectorOptions = {
  readonly service: ServiceName;
  /** co-partitioned topics, each with its projection */
  readonly sources: readonly Source[];
  /** the read models, in the order in which a batch writes them */
  readonly collections: readonly CollectionSpec[];
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings?: Partial<ProjectorSettings>;
  readonly report: Report;
  readonly rules?: ProjectorRules;
};
