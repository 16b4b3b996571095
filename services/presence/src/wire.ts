import { type Command, READ_MODELS, TOPICS } from '@clatter/contract';
import { ownerPart, projectorPart, type Report, readModels, routerPart, type Source } from '@clatter/engine';
import type { Clock, DocumentStore, EventLog, FeedListener, Ids, Part, ReadModels } from '@clatter/ports';
import type { HttpPlugin } from '@clatter/runtime';
import { presenceDecider } from './domain/presence.ts';
import { presenceGet } from './inbound/presence.get.ts';
import { projectPresence } from './projections/presence.project.ts';

export type PresencePorts = {
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly listener: FeedListener;
  /** messaging's: who shares a conversation with whom */
  readonly messaging: ReadModels;
  readonly report: Report;
};

const EVENTS = TOPICS.presenceEvents.name;
const TICK_EVERY = 5_000;
const sources: readonly Source[] = [{ topic: EVENTS, fenced: true, project: projectPresence }];
const collections = [READ_MODELS.presence];

/** Time, as the log of one partition sees it. */
const tickCommand = (): Command => ({
  id: 'tick',
  name: 'tick',
  key: 'tick',
  actor: { user: '', session: '', device: '' },
  origin: { edge: '', session: '', ref: '' },
  data: {},
});

/** Small batches: a record may tell of a thousand users. A claim an hour, since the topic forgets after 7 days. */
const settings = { batchCommands: 200, reclaimMs: 3_600_000 };

export const wirePresence = (
  ports: PresencePorts,
  config: { readonly roles: readonly string[] },
): { parts: Part[]; http: HttpPlugin[]; readModels: ReadModels } => {
  const { log, store, clock, ids, listener, messaging, report } = ports;
  const models = readModels({ service: 'presence', topics: [EVENTS], collections, log, store, clock });
  const parts: Part[] = [models];
  const around = { service: 'presence', log, store, clock, ids, report } as const;
  if (config.roles.includes('owner')) {
    const tick = { everyMs: TICK_EVERY, command: tickCommand };
    parts.push(ownerPart({ ...around, commands: TOPICS.presenceCommands.name, events: EVENTS, decider: presenceDecider(), settings, tick }));
  }
  if (config.roles.includes('projector')) parts.push(projectorPart({ ...around, sources, collections }));
  if (config.roles.includes('router')) parts.push(routerPart({ ...around, listener }));
  return { parts, http: config.roles.includes('http') ? [presenceGet({ store, presence: models, messaging })] : [], readModels: models };
};
