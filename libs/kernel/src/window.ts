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

const DAY = 86_400_000;
const IDLE = 31 * DAY;

/**
 * A window counts for 31 d after its device's last command. What it remembered is then older than 30 d and so `stale_id` without it (P2);
 * and the rule is the same whether it is still stored or not, so that deciding stays a function of the log.
 */
export const current = (window: Window | undefined, at: number): Window | undefined => (window && at - window.at < IDLE ? window : undefined);

/** Whether a window may be forgotten at `at`: a day later, since the log's times differ by as much as its servers' clocks. */
export const forgettable = (window: Window, at: number): boolean => at - window.at >= IDLE + DAY;

export type WindowRules = { readonly dedupe?: boolean; readonly horizon?: boolean };

export type Verdict =
  | { readonly is: 'new' }
  | { readonly is: 'duplicate'; readonly of: Answer }
  | { readonly is: 'refused'; readonly code: 'stale_id' | 'clock_skew' };

/** Whether a command is new to its window at `at` (ms, append time). A remembered ref is always a duplicate (P2). */
export const judge = (stored: Window | undefined, command: Command, at: number, rules: WindowRules = {}): Verdict => {
  const window = current(stored, at);
  const known = rules.dedupe === false ? undefined : window?.seen.find((s) => s.ref === command.id);
  if (known) return { is: 'duplicate', of: known.answer };
  const time = timeOfUuid7(command.id);
  if (rules.horizon !== false && window && compareRefs(command.id, window.horizon) <= 0) return { is: 'refused', code: 'stale_id' };
  if (at - time > LIMITS.refAge.value) return { is: 'refused', code: 'stale_id' };
  if (time - at > LIMITS.refAhead.value) return { is: 'refused', code: 'clock_skew' };
  return { is: 'new' };
};

/**
 * The window after a command got its first answer; the oldest beyond `size` raise the horizon. A ref that lay too far ahead raises none:
 * a device whose clock was corrected goes on below it.
 */
export const remember = (stored: Window | undefined, ref: string, answer: Answer, at: number, size: number = LIMITS.windowRefs.value): Window => {
  const window = current(stored, at);
  const seen = [...(window?.seen ?? []), { ref, answer }];
  let horizon = window?.horizon ?? '';
  while (seen.length > size) {
    const evicted = seen.shift();
    if (evicted && !wasAhead(evicted.answer) && compareRefs(evicted.ref, horizon) > 0) horizon = evicted.ref;
  }
  return { seen, horizon, at };
};

const wasAhead = (answer: Answer): boolean => answer.outcome === 'rejected' && answer.code === 'clock_skew';
