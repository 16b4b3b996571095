import type { Snapshot } from '@clatter/client';
import type { Watermarks } from '@clatter/contract';
import { decodeCursor, partitionOf } from '@clatter/kernel';
import { type Truth, Violation } from '@clatter/testing';

/** P4: a cursor covers nothing that its client does not hold. */
export const checkCursor = (truth: readonly Truth[], { cursor, state }: Snapshot, user: string, who: string): void => {
  const at: Watermarks = decodeCursor(cursor).at;
  truth.forEach((one, p) => {
    const upto = at['messaging.events']?.[p] ?? -1;
    for (const conversation of one.conversations.keys()) {
      const intervals = one.intervals(conversation, user);
      const last = intervals.filter(({ from }) => from <= upto).at(-1);
      if (!last) continue;
      const held = state.get(conversation);
      if (last.to > upto) {
        if (!held) {
          if (last.to === Number.POSITIVE_INFINITY)
            throw new Violation('P4', `the cursor of ${who} (${upto}) passes the join of ${conversation} at ${last.from}, which it does not hold`);
          continue;
        }
        const need = one.seqAt(conversation, upto);
        if (held.doc.head.seq < need)
          throw new Violation('P4', `the cursor of ${who} (${upto}) covers ${conversation}#${need}, it holds #${held.doc.head.seq}`);
      } else if (held && !intervals.some(({ from }) => from > upto))
        throw new Violation('P4', `the cursor of ${who} (${upto}) passes the removal from ${conversation} at ${last.to}, which it still holds`);
    }
  });
};

/** P4, the law: nothing that the cursor covers is dropped for a removal that stands before the last joining. */
export const checkDrop = (truth: readonly Truth[], cursor: string | undefined, conversation: string, user: string, told: number, who: string): void => {
  if (cursor === undefined) return;
  const at: Watermarks = decodeCursor(cursor).at;
  const p = partitionOf(conversation, truth.length);
  const upto = at['messaging.events']?.[p] ?? -1;
  const last = truth[p]?.intervals(conversation, user).findLast(({ from }) => from <= upto);
  if (last && told < last.from)
    throw new Violation('P4', `${who} drops ${conversation}, told of a removal at ${told}, while its cursor (${upto}) covers its joining at ${last.from}`);
};
