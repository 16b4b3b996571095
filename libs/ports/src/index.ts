export * from './clock.ts';
export * from './documentStore.ts';
export * from './eventLog.ts';
export * from './feed.ts';
export * from './part.ts';
export * from './readModels.ts';
