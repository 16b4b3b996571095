import { type Answer, type Command, LIMITS } from '@clatter/contract';
import { compareRefs, timeOfUuid7 } from './uuid7.ts';

/** `window/<user>/<device>`: the last refs of one device in one conversation with their first answers (design §3, idempotence). */
export type Window = {
  readonly seen: readonly { readonly ref: string; readonly answer: Answer }[];
  /** the greatest ref that was evicted, '' for none */
  readonly horizon: string;
  /** ms: time of the last command */
  readonly at: number;
};

export type WindowRules = { readonly dedupe?: boolean; readonly horizon?: boolean };

export type Verdict =
  | { readonly is: 'new' }
  | { readonly is: 'duplicate'; readonly of: Answer }
  | { readonly is: 'refused'; readonly code: 'stale_id' | 'clock_skew' };

/** Whether a command is new to its window at `at` (ms, append time). A remembered ref is always a duplicate (P2). */
export const judge = (window: Window | undefined, command: Command, at: number, rules: WindowRules = {}): Verdict => {
  const known = rules.dedupe === false ? undefined : window?.seen.find((s) => s.ref === command.id);
  if (known) return { is: 'duplicate', of: known.answer };
  const time = timeOfUuid7(command.id);
  if (rules.horizon !== false && window && compareRefs(command.id, window.horizon) <= 0) return { is: 'refused', code: 'stale_id' };
  if (at - time > LIMITS.refAge.value) return { is: 'refused', code: 'stale_id' };
  if (time - at > LIMITS.refAhead.value) return { is: 'refused', code: 'clock_skew' };
  return { is: 'new' };
};

/** The window after a command got its first answer; the oldest beyond `size` raise the horizon. */
export const remember = (window: Window | undefined, ref: string, answer: Answer, at: number, size: number = LIMITS.windowRefs.value): Window => {
  const seen = [...(window?.seen ?? []), { ref, answer }];
  let horizon = window?.horizon ?? '';
  while (seen.length > size) {
    const evicted = seen.shift()?.ref ?? '';
    if (compareRefs(evicted, horizon) > 0) horizon = evicted;
  }
  return { seen, horizon, at };
};
