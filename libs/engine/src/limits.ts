import type { LimitRow } from '@clatter/contract';
import {
  OWNER_DEFAULTS as OWNER,
  type OwnerSettings,
  PROJECTOR_DEFAULTS as PROJECTOR,
  type ProjectorSettings,
  ROUTER_DEFAULTS as ROUTER,
  type RouterSettings,
} from './settings.ts';

/** Every limit of the roles; docs/limits.md is made of it. Settings that only say when something is done stand in settings.ts. */
export const OWNER_LIMITS = {
  batchCommands: { value: OWNER.batchCommands, unit: 'commands of one batch, and so records of one produce', beyond: 'the others wait for the next' },
  batchBytes: { value: OWNER.batchBytes, unit: 'bytes at which a batch ends, and of one produce of its records', beyond: 'the others wait for the next' },
  queuedCommands: { value: OWNER.queuedCommands, unit: 'commands waiting per partition', beyond: 'the topic is paused' },
  queuedEvents: { value: OWNER.queuedEvents, unit: 'events waiting per partition to be applied', beyond: 'the topic is paused' },
  cellBytes: {
    value: OWNER.cellBytes,
    unit: 'estimated bytes of clean state per partition',
    beyond: 'the least used is forgotten, and read again when needed',
  },
  dirtyCells: { value: OWNER.dirtyCells, unit: 'unwritten cells per partition', beyond: 'they are written at once, and no command is decided until they are' },
  flushEvents: { value: OWNER.flushEvents, unit: 'events between two flushes of state', beyond: 'it is flushed' },
  beyondEndMs: { value: OWNER.beyondEndMs, unit: "ms that a position may lie beyond the log's end", beyond: 'the partition stops with an alarm' },
} as const satisfies { readonly [K in Exclude<keyof OwnerSettings, 'flushMs' | 'backOffMin' | 'backOffMax' | 'reclaimMs'>]: LimitRow };

export const PROJECTOR_LIMITS = {
  batchRecords: { value: PROJECTOR.batchRecords, unit: 'records of one batch', beyond: 'the others wait for the next' },
  buildRecords: { value: PROJECTOR.buildRecords, unit: 'records of one batch of a rebuild', beyond: 'the others wait for the next' },
  queuedRecords: { value: PROJECTOR.queuedRecords, unit: 'records waiting per partition', beyond: 'the topic is paused' },
  beyondEndMs: { value: PROJECTOR.beyondEndMs, unit: "ms that a checkpoint may lie beyond the log's end", beyond: 'the process does not start' },
} as const satisfies { readonly [K in Exclude<keyof ProjectorSettings, 'pollMs' | 'batchMs' | 'buildMs'>]: LimitRow };

export const ROUTER_LIMITS = {
  ringMs: { value: ROUTER.ringMs, unit: 'ms that a record is kept', beyond: 'edges that need it begin anew (`reset`)' },
  ringBytes: { value: ROUTER.ringBytes, unit: "bytes of a partition's ring", beyond: 'the oldest is forgotten: `reset`' },
  coverRecords: { value: ROUTER.coverRecords, unit: 'records of one frame to an edge', beyond: 'the others come in the next' },
  coverBytes: { value: ROUTER.coverBytes, unit: 'characters at which a frame to an edge ends', beyond: 'the others come in the next' },
  deafMs: { value: ROUTER.deafMs, unit: 'ms without hearing of the log', beyond: 'the feeds are ended' },
  feeds: { value: ROUTER.feeds, unit: 'edges at once', beyond: 'the feed is closed: too many feeds' },
} as const satisfies { readonly [K in Exclude<keyof RouterSettings, 'coverEveryMs'>]: LimitRow };
