import type { ServiceName } from '@clatter/contract';
import type { Clock, DocumentStore, EventLog, FeedListener, Ids } from '@clatter/ports';
import type { Report } from '../report.ts';
import type { RouterRules } from '../rules.ts';
import type { RouterSettings } from '../settings.ts';

/** `fenced`: with claims, through the fence; `plain`: every record counts; `soft`: no positions, no history. */
export type RoutedTopic = { readonly topic: string; readonly kind: 'fenced' | 'plain' | 'soft' };

export type RouterOptions = {
  readonly service: ServiceName;
  /** by default all that the table of topics has for its routers */
  readonly topics?: readonly RoutedTopic[];
  readonly log: EventLog;
  /** where the projector's checkpoints are; a service without read models has none there and starts a minute back by time */
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: FeedListener;
  readonly settings?: Partial<RouterSettings>;
  readonly report: Report;
  readonly rules?: RouterRules;
};
