import type { Fact, MemberDoc } from '@clatter/contract';
import { describe, expect, it } from 'vitest';
import { applyToConversation, memberChanges, messagesOf, type TimelineRecord } from './timeline.ts';

const record = (rev: number, ...events: readonly Omit<Fact, 'v'>[]): TimelineRecord => ({ conversation: 'c1', rev, at: rev * 10, user: 'anna', events });
const created = record(
  1,
  { name: 'conversation.created', seq: 1, data: { kind: 'group', title: 'walk' } },
  { name: 'members.added', seq: 2, data: { members: [{ user: 'anna', role: 'owner' }], joinedNumber: 0 } },
);
const sent = (rev: number, seq: number, number: number, text = 'hi') =>
  record(rev, { name: 'message.sent', seq, data: { number, ref: 'r', kind: 'text', text } });

describe("a conversation's document", () => {
  it('is made by its first record, and follows the others', () => {
    const doc = [created, sent(4, 3, 1)].reduce(applyToConversation, undefined as ReturnType<typeof applyToConversation>);
    expect(doc).toEqual({
      conversation: 'c1',
      kind: 'group',
      title: 'walk',
      createdAt: 10,
      creator: 'anna',
      memberCount: 1,
      head: { seq: 3, number: 1, at: 40, lastMessage: { number: 1, author: 'anna', text: 'hi', at: 40 } },
      rev: 4,
    });
  });

  it('is left as it is by a record that is not newer, and by private facts', () => {
    const doc = applyToConversation(undefined, created);
    expect(applyToConversation(doc, created)).toBe(doc);
    expect(applyToConversation(doc, record(5, { name: 'preferences.changed', data: { muted: true } }))).toBe(doc);
  });

  it('takes of an update what an update may change, and nothing else', () => {
    const doc = applyToConversation(undefined, created);
    const junk = { title: 'ride', memberCount: 9, kind: 'direct', rev: 0, head: { seq: 0, number: 0, at: 0 }, conversation: 'c2' };
    const after = applyToConversation(doc, record(2, { name: 'conversation.updated', seq: 3, data: junk }));
    expect(after).toEqual({ ...doc, title: 'ride', rev: 2, head: { ...doc?.head, seq: 3 } });
  });

  it('goes on over a fact that this version does not know', () => {
    const after = applyToConversation(applyToConversation(undefined, created), record(2, { name: 'poll.opened', seq: 3, data: {} }));
    expect(after).toMatchObject({ rev: 2, head: { seq: 3, number: 0 } });
  });

  it('shows at most 140 code points of the last message, and cuts none in half', () => {
    const text = '🐘'.repeat(150);
    const shown = applyToConversation(applyToConversation(undefined, created), sent(2, 3, 1, text))?.head.lastMessage?.text ?? '';
    expect([...shown]).toHaveLength(140);
    expect(shown.isWellFormed()).toBe(true);
  });
});

describe('rows and messages', () => {
  const row = (rev: number): MemberDoc => ({ conversation: 'c1', user: 'ben', role: 'member', joinedRev: rev, joinedNumber: 3, rev });

  it('joining makes a row anew, a change of role keeps when one joined, leaving ends it', () => {
    const [joined] = memberChanges(record(5, { name: 'members.added', seq: 3, data: { members: [{ user: 'ben', role: 'member' }], joinedNumber: 3 } }));
    expect(joined?.to(row(1))).toEqual(row(5));
    const [changed] = memberChanges(record(6, { name: 'role.changed', seq: 4, data: { user: 'ben', role: 'admin', was: 'member' } }));
    expect(changed?.to(row(5))).toEqual({ ...row(5), role: 'admin', rev: 6 });
    expect(changed?.to(undefined)).toBeUndefined();
    const [left] = memberChanges(record(7, { name: 'member.left', seq: 5, data: { user: 'ben', was: 'admin' } }));
    expect(left?.to(row(5))).toBeUndefined();
  });

  it('a message carries its author, its place and its ref', () => {
    expect(messagesOf(sent(9, 4, 2))).toEqual([{ conversation: 'c1', number: 2, seq: 4, at: 90, author: 'anna', ref: 'r', kind: 'text', text: 'hi', rev: 9 }]);
    expect(messagesOf(created)).toEqual([]);
  });
});
