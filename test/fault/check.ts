import type { LogRecord } from '@clatter/ports';
import { Truth, Violation } from '@clatter/testing';
import { checkView } from './checkView.ts';
import type { Observed, Sent } from './observed.ts';

export type Verdict = {
  acknowledged: number;
  refused: number;
  unknown: number;
  /** acknowledged, and not in the log */
  lost: number;
  /** in the log more than once */
  doubled: number;
  /** found out of order: in the log, on a socket, or told to a program */
  reordered: number;
  /** every broken promise, in words */
  readonly violations: string[];
};

type Place = { readonly conversation: string; readonly number: number };

/** Holds what people saw against what the log says (P1 to P5). Pure. */
export const check = ({ log, sent, views }: Observed): Verdict => {
  const verdict: Verdict = { acknowledged: 0, refused: 0, unknown: 0, lost: 0, doubled: 0, reordered: 0, violations: [] };
  const truth = log.map((records, p) => fold(records, p, verdict));
  const places = placesOf(truth);
  for (const one of sent) checkSent(one, places.get(one.text) ?? [], verdict);
  checkOrder(sent, verdict);
  const texts = new Set(sent.map(({ text }) => text));
  for (const [text, at] of places) {
    if (at.length > 1) {
      verdict.doubled++;
      verdict.violations.push(`P2: ${text} stands ${at.length} times in the log: ${JSON.stringify(at)}`);
    }
    if (!texts.has(text)) verdict.violations.push(`P1: ${text} stands in the log and was sent by nobody`);
  }
  for (const view of views) checkView(view, truth, verdict);
  return verdict;
};

/** The log's own promises; where one is broken what follows in that partition is not looked at. */
const fold = (records: readonly LogRecord[], partition: number, verdict: Verdict): Truth => {
  const truth = new Truth();
  try {
    for (const { offset, headers, value } of records) truth.push(offset, headers, value);
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    verdict.violations.push(`partition ${partition}: ${error.message}`);
    if (error.promise === 'P2') verdict.doubled++;
    if (error.promise === 'P3') verdict.reordered++;
  }
  return truth;
};

const placesOf = (truth: readonly Truth[]): Map<string, Place[]> => {
  const places = new Map<string, Place[]>();
  for (const { conversations } of truth)
    for (const [conversation, { messages }] of conversations)
      for (const [number, { text }] of messages) places.set(text, [...(places.get(text) ?? []), { conversation, number }]);
  return places;
};

const checkSent = ({ text, by, answer, refused }: Sent, places: readonly Place[], verdict: Verdict): void => {
  if (refused === 'stale_id') {
    verdict.unknown++;
    verdict.violations.push(`P2: ${by} kept the rules of refs and got stale_id for ${text}`);
  } else if (refused !== undefined) {
    verdict.refused++;
    if (places.length > 0) verdict.violations.push(`P2: ${text} of ${by} was refused (${refused}) and acted`);
  } else if (!answer) verdict.unknown++;
  else {
    verdict.acknowledged++;
    if (places.length === 0) {
      verdict.lost++;
      verdict.violations.push(`P1: ${text} of ${by} was acknowledged and is lost`);
    } else if (!places.some(({ conversation, number }) => conversation === answer.conversation && number === answer.number))
      verdict.violations.push(`P1: ${text} of ${by} was answered ${JSON.stringify(answer)}, the log says ${JSON.stringify(places)}`);
  }
};

/** What was acknowledged before another one was sent stands before it. */
const checkOrder = (sent: readonly Sent[], verdict: Verdict): void => {
  const byConversation = new Map<string, Sent[]>();
  for (const one of sent) if (one.answer) byConversation.set(one.answer.conversation, [...(byConversation.get(one.answer.conversation) ?? []), one]);
  for (const list of byConversation.values()) {
    const newestFirst = [...list].sort((a, b) => (b.answer?.number ?? 0) - (a.answer?.number ?? 0));
    let earliest: Sent | undefined;
    for (const one of newestFirst) {
      if (earliest && (earliest.answeredAt ?? 0) < one.at) {
        verdict.reordered++;
        verdict.violations.push(`P3: ${earliest.text} was acknowledged before ${one.text} was sent, and stands behind it`);
      }
      if (!earliest || (one.answeredAt ?? 0) < (earliest.answeredAt ?? 0)) earliest = one;
    }
  }
};
