export { Alarm } from './alarm.ts';
export { OWNER_LIMITS, PROJECTOR_LIMITS, ROUTER_LIMITS } from './limits.ts';
export {
  checkpointCollection,
  checkpointKey,
  fenceCollection,
  generationCollection,
  modelCollection,
  stateCollection,
} from './names.ts';
export type { OwnerOptions } from './owner/options.ts';
export { ownerPart } from './owner/ownerPart.ts';
export { admitBatch } from './projector/batch.ts';
export type { ProjectorOptions, Source, SourceRecord } from './projector/options.ts';
export { projectorPart } from './projector/projectorPart.ts';
export { collectionsOf, type Generations, readGenerations, writeGenerations } from './readModels/generations.ts';
export { type ReadModelsOptions, readModels } from './readModels/readModels.ts';
export { canonical } from './rebuild/canonical.ts';
export type { Comparison, Difference } from './rebuild/compare.ts';
export { REBUILD_DEFAULTS, type Rebuildable, RebuildError, type RebuildOptions } from './rebuild/options.ts';
export { type Progress, Rebuild } from './rebuild/rebuild.ts';
export { type Derived, resetDerived } from './rebuild/reset.ts';
export type { Report } from './report.ts';
export type { RoutedTopic, RouterOptions } from './router/options.ts';
export { routerPart } from './router/routerPart.ts';
export type { OwnerRules, ProjectorRules, RouterRules } from './rules.ts';
export {
  OWNER_DEFAULTS,
  type OwnerSettings,
  PROJECTOR_DEFAULTS,
  type ProjectorSettings,
  ROUTER_DEFAULTS,
  type RouterSettings,
} from './settings.ts';
