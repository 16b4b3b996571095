export { edgeConfig, edgeRouters } from './config.ts';
export type { EdgeDeps } from './core.ts';
export { Edge } from './edge.ts';
export { EDGE_LIMITS } from './limits.ts';
export type { EdgeRules } from './rules.ts';
export type { EdgeSettings } from './settings.ts';
export type { ClientInput, ClientSocket, OutFrame } from './socket/socket.ts';
export { type EdgePorts, wireEdge } from './wire.ts';
