import type { ClientRules } from '@clatter/client';
import type { EdgeRules } from '@clatter/edge';
import type { OwnerRules, ProjectorRules, RouterRules } from '@clatter/engine';
import type { DeciderRules } from '@clatter/kernel';
import type { QueryRules } from '@clatter/messaging';
import type { ProfileName } from './profiles.ts';

/** Which rules a run switches off. None: the system as it is. */
export type SimRules = {
  readonly owner?: OwnerRules;
  readonly projector?: ProjectorRules;
  readonly router?: RouterRules;
  readonly edge?: EdgeRules;
  readonly client?: ClientRules;
  readonly query?: QueryRules;
  readonly decider?: DeciderRules;
  /** collections that are written without the guard */
  readonly unguarded?: RegExp;
  /** collections that keep no tombstones */
  readonly forgets?: RegExp;
};

export type Removal = { readonly rules: SimRules; readonly profile: ProfileName };

const off = <N extends string>(...names: N[]): { readonly [K in N]: false } => Object.fromEntries(names.map((n) => [n, false])) as { [K in N]: false };
const everywhere = <N extends 'claimGreater' | 'epochCheck' | 'offsetCheck'>(name: N): SimRules => ({
  owner: off(name),
  projector: off(name),
  router: off(name),
});
const READ_MODELS = /^(members|messages|conversations|marks)/;

/** Rules of the fence and of who may write: name -> what to switch off, and the schedule that shows it best. */
export const WRITING: Readonly<Record<string, Removal>> = {
  epochCheck: { rules: everywhere('epochCheck'), profile: 'owners' },
  offsetCheck: { rules: everywhere('offsetCheck'), profile: 'owners' },
  fenceStoredOwner: { rules: { owner: off('fenceStored') }, profile: 'owners' },
  readOwnClaim: { rules: { owner: off('readOwnClaim') }, profile: 'claims' },
  claimNonce: { rules: { owner: off('claimNonce') }, profile: 'owners' },
  heartbeat: { rules: { owner: off('heartbeat') }, profile: 'owners' },
  stopOnForeignClaim: { rules: { owner: off('stopOnForeignClaim') }, profile: 'owners' },
  resumeFromEvents: { rules: { owner: off('resumeFromEvents') }, profile: 'owners' },
  oneInFlight: { rules: { owner: off('oneInFlight') }, profile: 'owners' },
  ambiguousHandled: { rules: { owner: off('ambiguousHandled') }, profile: 'owners' },
  dedupe: { rules: { decider: off('dedupe') }, profile: 'refs' },
  dedupeRejected: { rules: { decider: off('dedupeRejected') }, profile: 'refs' },
  horizon: { rules: { decider: off('horizon') }, profile: 'refs' },
  windowSpan: { rules: { client: off('windowSpan') }, profile: 'refs' },
  refusedInLog: { rules: { edge: off('refusedInLog') }, profile: 'refs' },
};

/** Rules of storing state, and of the projector. */
export const STORING: Readonly<Record<string, Removal>> = {
  barrier: { rules: { owner: off('barrier') }, profile: 'flush' },
  barrierReadBack: { rules: { owner: off('barrierReadBack') }, profile: 'flush' },
  fenceLast: { rules: { owner: off('fenceLast') }, profile: 'flush' },
  flushSerial: { rules: { owner: off('flushSerial') }, profile: 'flush' },
  pinFlush: { rules: { owner: off('pinFlush') }, profile: 'flush' },
  replaySkip: { rules: { owner: off('replaySkip') }, profile: 'flush' },
  evictClean: { rules: { owner: off('evictClean') }, profile: 'flush' },
  cellGuard: { rules: { unguarded: /\.state$/ }, profile: 'flush' },
  cellTombstone: { rules: { forgets: /\.state$/ }, profile: 'flush' },
  fenceStoredProjector: { rules: { projector: off('fenceStored') }, profile: 'projectors' },
  docGuard: { rules: { unguarded: READ_MODELS }, profile: 'projectors' },
  docSkip: { rules: { projector: off('docSkip') }, profile: 'projectors' },
  tombstone: { rules: { forgets: READ_MODELS }, profile: 'projectors' },
  checkpointLast: { rules: { projector: off('checkpointLast') }, profile: 'projectors' },
  checkpointGuard: { rules: { unguarded: /\.checkpoints/ }, profile: 'projectors' },
  writeOrder: { rules: { projector: off('writeOrder') }, profile: 'lateFeed' },
};

/** Rules of the router and the edge. */
export const ROUTING: Readonly<Record<string, Removal>> = {
  fenceStoredRouter: { rules: { router: off('fenceStored') }, profile: 'routers' },
  pumpFirst: { rules: { router: off('pumpFirst') }, profile: 'connect' },
  reset: { rules: { router: off('reset') }, profile: 'routers' },
  deafEnds: { rules: { router: off('deafEnds') }, profile: 'routers' },
  resetMute: { rules: { edge: off('resetMute') }, profile: 'routers' },
  waitApplied: { rules: { edge: off('waitApplied') }, profile: 'connect' },
  rowsAtV0: { rules: { edge: off('rowsAtV0') }, profile: 'connect' },
  gatherWins: { rules: { edge: off('gatherWins') }, profile: 'slowReads' },
  waitGathered: { rules: { edge: off('waitGathered') }, profile: 'lateJoins' },
  vAtLive: { rules: { edge: off('vAtLive') }, profile: 'lateBoth' },
  holdCursor: { rules: { edge: off('holdCursor') }, profile: 'connect' },
  removedStops: { rules: { edge: off('removedStops') }, profile: 'connect' },
  removalCancels: { rules: { edge: off('removalCancels') }, profile: 'connect' },
  slowClose: { rules: { edge: off('slowClose') }, profile: 'slow' },
};

/** Rules of the cursor, of sync and of the client. */
export const SYNCING: Readonly<Record<string, Removal>> = {
  syncUpto: { rules: { query: off('syncUpto') }, profile: 'connect' },
  joinedRev: { rules: { query: off('joinedRev') }, profile: 'connect' },
  cursorFirstPage: { rules: { query: off('cursorFirstPage') }, profile: 'sync' },
  limitedNewest: { rules: { query: off('limitedNewest') }, profile: 'sync' },
  readOrder: { rules: { query: off('readOrder') }, profile: 'slowReads' },
  onlyNewer: { rules: { client: off('onlyNewer') }, profile: 'sync' },
  holdFrames: { rules: { client: off('holdFrames') }, profile: 'connect' },
  fullReplaces: { rules: { client: off('fullReplaces') }, profile: 'lateFeed' },
  limitedDrops: { rules: { client: off('limitedDrops') }, profile: 'sync' },
  joinedSyncs: { rules: { client: off('joinedSyncs') }, profile: 'lateFeed' },
  cursorNotDuringSync: { rules: { client: off('cursorNotDuringSync') }, profile: 'slowReads' },
  freshDropsAll: { rules: { client: off('freshDropsAll') }, profile: 'sync' },
  leftRevRule: { rules: { client: off('leftRevRule') }, profile: 'lateFeed' },
};

/** Rules that another one covers: each holds alone, both together are needed (docs/decisions/0008). */
export const PAIRS: Readonly<Record<string, readonly [SimRules, SimRules, ProfileName]>> = {
  'claimGreater and backOff': [everywhere('claimGreater'), { owner: off('backOff') }, 'claims'],
  'waitsForWatermark and wmEquality': [{ router: off('waitsForWatermark') }, { edge: off('wmEquality') }, 'routers'],
};

export const REMOVALS: Readonly<Record<string, Removal>> = { ...WRITING, ...STORING, ...ROUTING, ...SYNCING };

/** Two removals at once. */
export const both = (a: SimRules, b: SimRules): SimRules => {
  const merged = { ...a, ...b };
  for (const key of ['owner', 'projector', 'router', 'edge', 'client', 'query', 'decider'] as const)
    if (a[key] && b[key]) Object.assign(merged, { [key]: { ...a[key], ...b[key] } });
  return merged;
};
