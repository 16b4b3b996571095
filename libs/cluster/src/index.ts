export { clusterConfig } from './config.ts';
export { runService, type Surroundings, type Wired } from './service.ts';
