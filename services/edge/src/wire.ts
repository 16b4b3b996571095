import type { DocumentStore, Part } from '@clatter/ports';
import type { ConfigOf, HttpPlugin } from '@clatter/runtime';
import type { edgeConfig } from './config.ts';
import type { EdgeDeps } from './core.ts';
import { Edge } from './edge.ts';
import { commandsPost } from './inbound/commands.post.ts';
import { wsRoute } from './inbound/ws.route.ts';
import { accountsOf } from './outbound/accounts.ts';

/** `accountStore`: where auth's documents are; by default `store`. */
export type EdgePorts = Omit<EdgeDeps, 'accounts'> & { readonly accountStore?: DocumentStore };

export const wireEdge = (ports: EdgePorts, config: ConfigOf<typeof edgeConfig>): { parts: Part[]; http: HttpPlugin[]; edge: Edge } => {
  const { origins, ...settings } = config;
  const { accountStore = ports.store, ...deps } = ports;
  const edge = new Edge({ ...deps, accounts: accountsOf(accountStore) }, settings);
  return { parts: [edge], http: [wsRoute(edge, { origins, maxPayload: config.frame }), commandsPost(edge)], edge };
};
