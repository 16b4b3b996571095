import type { ClientRules } from '@clatter/client';
import type { EdgeRules } from '@clatter/edge';
import type { OwnerRules, ProjectorRules, RouterRules } from '@clatter/engine';
import type { DeciderRules } from '@clatter/kernel';
import type { QueryRules } from '@clatter/messaging';

/** Which rules a run switches off. None: the system as it is. */
export type SimRules = {
  readonly owner?: OwnerRules;
  readonly projector?: ProjectorRules;
  readonly router?: RouterRules;
  readonly edge?: EdgeRules;
  readonly client?: ClientRules;
  readonly query?: QueryRules;
  readonly decider?: DeciderRules;
  /** collections (by part of their name) that are written without the guard */
  readonly unguarded?: string;
};

/** Every rule that the simulation must catch when it is missing: name -> what to switch off, and the schedule that shows it best. */
export const REMOVALS: Readonly<Record<string, { readonly rules: SimRules; readonly profile?: number }>> = {
  claimGreater: { rules: { owner: { claimGreater: false }, projector: { claimGreater: false }, router: { claimGreater: false } }, profile: 2 },
  epochCheck: { rules: { owner: { epochCheck: false }, projector: { epochCheck: false }, router: { epochCheck: false } }, profile: 2 },
  offsetCheck: { rules: { owner: { offsetCheck: false }, projector: { offsetCheck: false }, router: { offsetCheck: false } }, profile: 2 },
  fenceStoredOwner: { rules: { owner: { fenceStored: false } }, profile: 2 },
  fenceStoredProjector: { rules: { projector: { fenceStored: false } }, profile: 3 },
  ambiguousHandled: { rules: { owner: { ambiguousHandled: false } } },
  barrier: { rules: { owner: { barrier: false } }, profile: 2 },
  fenceLast: { rules: { owner: { fenceLast: false } }, profile: 2 },
  flushSerial: { rules: { owner: { flushSerial: false } }, profile: 2 },
  replaySkip: { rules: { owner: { replaySkip: false } }, profile: 2 },
  evictClean: { rules: { owner: { evictClean: false } }, profile: 2 },
  cellGuard: { rules: { unguarded: '.state' }, profile: 2 },
  dedupe: { rules: { decider: { dedupe: false } } },
  dedupeRejected: { rules: { decider: { dedupeRejected: false } } },
  horizon: { rules: { decider: { horizon: false }, client: { windowSpan: false } } },
  windowSpan: { rules: { client: { windowSpan: false } } },
  docGuard: { rules: { unguarded: 'm' }, profile: 3 },
  docSkip: { rules: { projector: { docSkip: false } }, profile: 3 },
  checkpointLast: { rules: { projector: { checkpointLast: false } }, profile: 3 },
  checkpointGuard: { rules: { unguarded: '.checkpoints' }, profile: 3 },
  pumpFirst: { rules: { router: { pumpFirst: false } }, profile: 1 },
  reset: { rules: { router: { reset: false } }, profile: 1 },
  waitsForWatermark: { rules: { router: { waitsForWatermark: false } }, profile: 1 },
  wmEquality: { rules: { edge: { wmEquality: false } }, profile: 1 },
  wmPerRecord: { rules: { edge: { wmPerRecord: false } }, profile: 1 },
  resetMute: { rules: { edge: { resetMute: false } }, profile: 1 },
  waitApplied: { rules: { edge: { waitApplied: false } }, profile: 1 },
  rowsAtV0: { rules: { edge: { rowsAtV0: false } }, profile: 1 },
  gatherWins: { rules: { edge: { gatherWins: false } }, profile: 1 },
  gatherAboveRev: { rules: { edge: { gatherAboveRev: false } }, profile: 1 },
  vAtLive: { rules: { edge: { vAtLive: false } }, profile: 1 },
  holdCursor: { rules: { edge: { holdCursor: false } }, profile: 1 },
  removedStops: { rules: { edge: { removedStops: false } }, profile: 1 },
  removalCancels: { rules: { edge: { removalCancels: false } }, profile: 1 },
  slowClose: { rules: { edge: { slowClose: false } }, profile: 5 },
  refusedInLog: { rules: { edge: { refusedInLog: false } } },
  syncUpto: { rules: { query: { syncUpto: false } }, profile: 4 },
  joinedRev: { rules: { query: { joinedRev: false } }, profile: 1 },
  cursorFirstPage: { rules: { query: { cursorFirstPage: false } }, profile: 4 },
  limitedNewest: { rules: { query: { limitedNewest: false } }, profile: 4 },
  readOrder: { rules: { query: { readOrder: false } }, profile: 1 },
  onlyNewer: { rules: { client: { onlyNewer: false } }, profile: 4 },
  holdFrames: { rules: { client: { holdFrames: false } }, profile: 1 },
  fullReplaces: { rules: { client: { fullReplaces: false } }, profile: 1 },
  limitedDrops: { rules: { client: { limitedDrops: false } }, profile: 4 },
  joinedSyncs: { rules: { client: { joinedSyncs: false } }, profile: 1 },
  convSyncHeld: { rules: { client: { convSyncHeld: false } }, profile: 1 },
  cursorNotDuringSync: { rules: { client: { cursorNotDuringSync: false } }, profile: 1 },
  leftRevRule: { rules: { client: { leftRevRule: false } }, profile: 1 },
};
