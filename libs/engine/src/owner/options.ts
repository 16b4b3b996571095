import type { Command, ServiceName } from '@clatter/contract';
import type { Decider } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, Ids } from '@clatter/ports';
import type { Report } from '../report.ts';
import type { OwnerRules } from '../rules.ts';
import type { OwnerSettings } from '../settings.ts';

export type OwnerOptions = {
  readonly service: ServiceName;
  /** topics, without prefix; co-partitioned */
  readonly commands: string;
  readonly events: string;
  readonly decider: Decider;
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings?: Partial<OwnerSettings>;
  /** a command that the owner of a partition appends to it again and again: time, as the log sees it */
  readonly tick?: { readonly everyMs: number; command(partition: number): Command };
  readonly report: Report;
  readonly rules?: OwnerRules;
};
