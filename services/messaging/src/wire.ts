import { READ_MODELS, TOPICS } from '@clatter/contract';
import { ownerPart, type ProjectorSettings, projectorPart, type Report, readModels, routerPart, type Source } from '@clatter/engine';
import type { Clock, DocumentStore, EventLog, FeedListener, Ids, Part, ReadModels } from '@clatter/ports';
import type { HttpPlugin } from '@clatter/runtime';
import { messagingDecider } from './domain/messaging.ts';
import { conversationsGet } from './inbound/conversations.get.ts';
import { syncGet } from './inbound/sync.get.ts';
import { BEYOND } from './projections/beyondEnd.ts';
import { projectMark } from './projections/marks.project.ts';
import { projectTimeline } from './projections/timeline.project.ts';

export type MessagingPorts = {
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: FeedListener;
  readonly report: Report;
};

/** What is projected, and the read models in the order in which a batch writes them (design §4). */
export const messagingSources: readonly Source[] = [
  { topic: TOPICS.messagingEvents.name, fenced: true, project: projectTimeline },
  { topic: TOPICS.messagingMarks.name, fenced: false, project: projectMark },
];
export const messagingCollections = [READ_MODELS.members, READ_MODELS.messages, READ_MODELS.conversations, READ_MODELS.marks];

/** The topic whose offsets are the `rev` of a read model's documents. */
export const messagingTopicOf = (collection: string): string =>
  collection === READ_MODELS.marks.name ? TOPICS.messagingMarks.name : TOPICS.messagingEvents.name;

/** The projector role alone, as a rebuild without a server runs it. */
export const messagingProjector = (ports: Omit<MessagingPorts, 'listener'>, settings: Partial<ProjectorSettings> = {}): Part =>
  projectorPart({ service: 'messaging', sources: messagingSources, collections: messagingCollections, ...ports, settings });

/** Messaging's read models as queries and edges see them. */
export const messagingReadModels = (ports: Pick<MessagingPorts, 'log' | 'store' | 'clock'>): ReadModels & Part =>
  readModels({ service: 'messaging', topics: messagingSources.map((s) => s.topic), collections: messagingCollections, ...ports });

export const wireMessaging = (
  ports: MessagingPorts,
  config: { readonly roles: readonly string[] },
  settings: Partial<ProjectorSettings> = {},
): { parts: Part[]; http: HttpPlugin[]; readModels: ReadModels } => {
  const { log, store, clock, ids, listener, report } = ports;
  const models = messagingReadModels(ports);
  const parts: Part[] = [models];
  if (config.roles.includes('owner')) {
    parts.push(
      ownerPart({
        service: 'messaging',
        commands: TOPICS.messagingCommands.name,
        events: TOPICS.messagingEvents.name,
        decider: messagingDecider(),
        log,
        store,
        clock,
        ids,
        report,
      }),
    );
  }
  if (config.roles.includes('projector')) parts.push(messagingProjector({ log, store, clock, ids, report }, settings));
  if (config.roles.includes('router')) parts.push(routerPart({ service: 'messaging', log, store, clock, ids, listener, report }));
  const deps = { store, readModels: models, log, clock };
  if (config.roles.includes('http')) parts.push({ name: 'messaging queries', start: () => store.ensure([BEYOND]), stop: async () => {} });
  return { parts, http: config.roles.includes('http') ? [syncGet(deps), conversationsGet(deps)] : [], readModels: models };
};
