import { TOPICS } from '@clatter/contract';
import { Edge } from '@clatter/edge';
import { ownerPart, projectorPart, type Report, routerPart } from '@clatter/engine';
import type { Decider } from '@clatter/kernel';
import type { MemoryFeeds } from '@clatter/memory';
import { messagingCollections, messagingReadModels, messagingSources } from '@clatter/messaging';
import type { DocumentStore, EventLog, Ids, Part, ReadModels } from '@clatter/ports';
import type { Random } from '@clatter/testing';
import type { Profile } from './profiles.ts';
import type { SimRules } from './rules.ts';
import type { SimHost } from './scheduler.ts';
import type { Node, Role } from './world.ts';

export type NodeParts = {
  readonly host: SimHost;
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly ids: Ids;
  readonly report: Report;
  readonly feeds: MemoryFeeds;
  readonly random: Random;
  readonly profile: Profile;
  readonly rules: SimRules;
  readonly decider: Decider;
  /** users that are not known for a moment */
  readonly unknown: (users: readonly string[]) => readonly string[];
};

/** A process of one role, with the small sizes that make a simulation meet every limit. */
export const makeNode = (role: Role, n: NodeParts): Node => {
  const { host, profile, rules } = n;
  const ports = { log: n.log, store: n.store, clock: host.clock, ids: n.ids, report: n.report };
  const service = 'messaging' as const;
  switch (role) {
    case 'owner': {
      const { flushMs, flushEvents, cellBytes } = profile;
      const settings = { flushMs, flushEvents, cellBytes, batchCommands: 3, backOffMin: 300, backOffMax: 900 };
      const topics = { commands: TOPICS.messagingCommands.name, events: TOPICS.messagingEvents.name };
      return { role, host, part: ownerPart({ service, ...topics, decider: n.decider, ...ports, settings, rules: rules.owner ?? {} }) };
    }
    case 'projector': {
      const settings = { batchRecords: 3, pollMs: profile.pollMs ?? 20_000 };
      const options = { service, sources: messagingSources, collections: messagingCollections, ...ports, settings, rules: rules.projector ?? {} };
      return { role, host, part: projectorPart(options) };
    }
    case 'router': {
      const settings = { ringBytes: profile.ringBytes, ringMs: 20_000, coverRecords: 2 };
      const listener = n.feeds.listener(host.hop);
      return { role, host, part: routerPart({ service, ...ports, listener, settings, rules: rules.router ?? {} }) };
    }
    case 'edge':
      return edgeNode(n, ports);
  }
};

const edgeNode = (n: NodeParts, ports: { log: EventLog; store: DocumentStore; clock: SimHost['clock']; ids: Ids; report: Report }): Node => {
  const { inFlight, window, slowBytes } = n.profile;
  const models = messagingReadModels(ports);
  const edge = new Edge(
    {
      ...ports,
      dialer: n.feeds.dialer(n.host.hop, n.random.next),
      readModels: models as ReadModels,
      tokens: { verify: async (token) => ({ user: token, session: `s-${token}`, expires: Number.MAX_SAFE_INTEGER }) },
      accounts: { isRevoked: async () => false, unknown: async (users) => n.unknown(users) },
    },
    { heartbeat: 5_000, inFlight, refSpan: window, slowBytes, resetWave: 4_000, markEvery: 200, drainWave: 1_000, feedRetry: 100 },
    n.rules.edge ?? {},
  );
  const part: Part = { name: 'edge', start: () => models.start().then(() => edge.start()), stop: () => edge.stop() };
  return { role: 'edge', host: n.host, part, edge };
};
