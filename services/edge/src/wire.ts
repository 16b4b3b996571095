import type { ServiceName } from '@clatter/contract';
import { type RouterOptions, routerPart } from '@clatter/engine';
import type { DocumentStore, Part } from '@clatter/ports';
import type { ConfigOf, HttpPlugin } from '@clatter/runtime';
import type { edgeConfig } from './config.ts';
import type { EdgeDeps } from './core.ts';
import { Edge } from './edge.ts';
import { commandsPost } from './inbound/commands.post.ts';
import { pageGet } from './inbound/page.get.ts';
import { wsRoute } from './inbound/ws.route.ts';
import { accountsOf } from './outbound/accounts.ts';

export type EdgePorts = Omit<EdgeDeps, 'accounts'> & {
  /** where auth's documents are; by default `store` */
  readonly accountStore?: DocumentStore;
  /** what runs where, for the page at `/` */
  readonly runs: string;
};

export const wireEdge = (ports: EdgePorts, config: ConfigOf<typeof edgeConfig>): { parts: Part[]; http: HttpPlugin[]; edge: Edge } => {
  const { origins, ...settings } = config;
  const { accountStore = ports.store, runs, ...deps } = ports;
  const edge = new Edge({ ...deps, accounts: accountsOf(accountStore) }, settings);
  return { parts: [edge], http: [pageGet(runs), wsRoute(edge, { origins, maxPayload: config.frame }), commandsPost(edge)], edge };
};

/** The services whose feeds an edge holds. */
const FEEDS: readonly ServiceName[] = ['messaging', 'auth', 'presence'];

/** A router for each of them in this process. An edge serves without presence: that one never keeps it from being ready. */
export const wireRouters = (ports: Omit<RouterOptions, 'service'>): Part[] =>
  FEEDS.map((service) => {
    const router = routerPart({ ...ports, service });
    return service === 'presence' ? { name: router.name, start: router.start, stop: router.stop } : router;
  });
