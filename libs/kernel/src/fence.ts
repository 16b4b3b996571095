import { HEADER } from '@clatter/contract';

/**
 * What a reader knows of one partition of a fenced topic after all records below `offset` (design §3).
 * `lastCommand` is the command offset of the last admitted record, -1 for none.
 */
export type Fence = { readonly offset: number; readonly epoch: number; readonly lastCommand: number };

export const NO_FENCE: Fence = { offset: 0, epoch: 0, lastCommand: -1 };

/** What the fence reads of a record: its headers, decoded. */
export type Stamp = { readonly epoch: number; readonly claim: string } | { readonly epoch: number; readonly command: number };

/** @throws {Error} where the headers are not those of an event log: the partition must stop with an alarm */
export const stampOf = (headers: { readonly [name: string]: string }): Stamp => {
  const epoch = Number(headers[HEADER.epoch]);
  const claim = headers[HEADER.claim];
  const command = headers[HEADER.command];
  if (!Number.isSafeInteger(epoch)) throw new Error('record of an event log without an epoch');
  if (claim !== undefined) return { epoch, claim };
  const offset = Number(command);
  if (command === undefined || !Number.isSafeInteger(offset)) throw new Error('record of an event log without a command offset');
  return { epoch, command: offset };
};

/** Switches of single rules, for the test that each of them is needed. Production passes none. */
export type FenceRules = { readonly claimGreater?: boolean; readonly epochCheck?: boolean; readonly offsetCheck?: boolean };

export type Admission = { readonly admitted: boolean; readonly fence: Fence };

/**
 * The fence: the one function that every reader of an event log passes every record through, in order (P2, P5).
 * A claim is admitted iff its epoch is greater; a record is dropped iff its epoch is not the current one, or its command was covered already.
 * Errors: the records of one partition must come gap-free from `fence.offset`; anything else is the caller's defect.
 */
export const admit = (fence: Fence, stamp: Stamp, offset: number, rules: FenceRules = {}): Admission => {
  const next = offset + 1;
  if ('claim' in stamp) {
    if (stamp.epoch > fence.epoch) return { admitted: true, fence: { ...fence, offset: next, epoch: stamp.epoch } };
    return { admitted: rules.claimGreater === false, fence: { ...fence, offset: next } };
  }
  const current = rules.epochCheck === false || stamp.epoch === fence.epoch;
  const uncovered = rules.offsetCheck === false || stamp.command > fence.lastCommand;
  if (!current || !uncovered) return { admitted: false, fence: { ...fence, offset: next } };
  return { admitted: true, fence: { offset: next, epoch: fence.epoch, lastCommand: Math.max(fence.lastCommand, stamp.command) } };
};
