export { ManualClock } from './clock.ts';
export { type Airborne, MemoryCluster } from './cluster.ts';
export { type Hop, MemoryFeeds } from './feeds.ts';
export type { Group, Member } from './group.ts';
export { type AppendFault, freeHost, type Host } from './host.ts';
export { MemoryStore } from './store.ts';
