import { partitionOf } from '@clatter/kernel';
import type { TrueConversation, Truth } from '@clatter/testing';
import type { Verdict } from './check.ts';
import type { Delivered, View } from './observed.ts';

/** What one client saw and holds, against the log. */
export const checkView = (view: View, truth: readonly Truth[], verdict: Verdict): void => {
  checkDelivered(view, truth, verdict);
  checkTold(view, verdict);
  checkState(view, truth, verdict);
};

/** P4, live: over one socket each record once, in order, without a gap; and none that is void. */
const checkDelivered = ({ name, delivered }: View, truth: readonly Truth[], verdict: Verdict): void => {
  const last = new Map<string, Delivered>();
  for (const one of delivered) {
    const key = `${one.connection} ${one.conversation}`;
    const before = last.get(key);
    last.set(key, one);
    const follows = before?.seqs.at(-1);
    const inside = one.seqs.every((seq, i) => i === 0 || seq === (one.seqs[i - 1] as number) + 1);
    if (before && (one.rev <= before.rev || (follows !== undefined && one.seqs[0] !== undefined && one.seqs[0] !== follows + 1))) {
      verdict.reordered++;
      verdict.violations.push(`P4: ${name} was sent ${JSON.stringify(one)} after ${JSON.stringify(before)}`);
    } else if (!inside) verdict.violations.push(`P4: ${name} was sent ${JSON.stringify(one)}`);
    if (truth[partitionOf(one.conversation, truth.length)]?.admitted[one.rev] !== true)
      verdict.violations.push(`P5: ${name} was sent the void record ${JSON.stringify(one)}`);
  }
};

/** A program is told of each message once, in order, over all its connections. */
const checkTold = ({ name, told }: View, verdict: Verdict): void => {
  for (const [conversation, numbers] of told)
    for (const [i, number] of numbers.entries()) {
      const before = numbers[i - 1];
      if (before === undefined || number > before) continue;
      verdict.reordered++;
      verdict.violations.push(`P4: ${name} was told of message ${number} of ${conversation} after ${before}`);
    }
};

/** The replica, all history paged, is what the log says. */
const checkState = ({ name, user, state }: View, truth: readonly Truth[], verdict: Verdict): void => {
  const mine = new Set<string>();
  for (const { conversations } of truth)
    for (const [id, is] of conversations) {
      if (!is.members.has(user)) continue;
      mine.add(id);
      const wrong = differs(state.get(id), is);
      if (wrong) verdict.violations.push(`P4: ${name} holds of ${id} ${wrong}`);
    }
  for (const id of state.keys()) if (!mine.has(id)) verdict.violations.push(`P6: ${name} holds ${id}, of which it is no member`);
};

const differs = (held: ReturnType<View['state']['get']>, is: TrueConversation): string | undefined => {
  if (!held) return 'nothing';
  const { head, title, memberCount } = held.doc;
  if (head.seq !== is.seq || head.number !== is.number) return `head ${JSON.stringify(head)}, the log says seq ${is.seq} number ${is.number}`;
  if (title !== is.title || memberCount !== is.members.size)
    return `title ${title} and ${memberCount} members, the log says ${is.title} and ${is.members.size}`;
  for (let n = 1; n <= is.number; n++) {
    const text = held.messages.get(n)?.text;
    if (text !== is.messages.get(n)?.text) return `message ${n} as ${text}, the log says ${is.messages.get(n)?.text}`;
  }
  return held.messages.size === is.number ? undefined : `${held.messages.size} messages, the log has ${is.number}`;
};
