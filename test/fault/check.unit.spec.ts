import type { HeldConversation } from '@clatter/client';
import type { EventRecord, Fact, MessageDoc } from '@clatter/contract';
import { encodeClaim, encodeEvent } from '@clatter/kernel';
import type { LogRecord } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { check } from './check.ts';
import type { Delivered, Observed, Sent, View } from './observed.ts';

const CONVERSATION = 'c';
const USERS = ['anna', 'ben'];

/** A log of one partition: a claim, the conversation's begin, and the texts; offsets are places in the list. */
const logOf = (texts: readonly string[], also: readonly EventRecord[] = []): LogRecord[] => {
  const record = (offset: number, events: Fact[]): EventRecord => ({
    epoch: 1,
    key: CONVERSATION,
    command: { offset, id: `ref${offset}` },
    actor: { user: 'anna', session: 's', device: 'd' },
    at: offset,
    origin: { edge: 'e', session: 's', ref: `ref${offset}` },
    outcome: 'accepted',
    events,
  });
  const begin = record(1, [
    { name: 'conversation.created', v: 1, seq: 1, data: { title: 'walk' } },
    { name: 'members.added', v: 1, seq: 2, data: { members: USERS.map((user) => ({ user, role: 'member' })) } },
  ]);
  const sent = texts.map((text, i) => record(i + 2, [{ name: 'message.sent', v: 1, seq: i + 3, data: { number: i + 1, text } }]));
  const encoded = [encodeClaim({ epoch: 1, owner: 'o' }), ...[begin, ...sent, ...also].map((one) => encodeEvent(one, []))];
  return encoded.map((one, offset) => ({ offset, at: offset, ...one }));
};

/** A client that saw the texts in this order, each at its place, and holds them all. */
const viewOf = (texts: readonly string[], more: Partial<View> = {}): View => {
  const messages: MessageDoc[] = texts.map((text, i) => ({
    conversation: CONVERSATION,
    number: i + 1,
    seq: i + 3,
    rev: i + 2,
    at: i,
    author: 'anna',
    ref: `ref${i + 2}`,
    kind: 'text',
    text,
  }));
  const held: HeldConversation = {
    doc: {
      conversation: CONVERSATION,
      kind: 'group',
      creator: 'anna',
      createdAt: 1,
      rev: texts.length + 1,
      title: 'walk',
      memberCount: USERS.length,
      head: { seq: texts.length + 2, number: texts.length, at: 0 },
    },
    own: { conversation: CONVERSATION, user: 'ben', role: 'member', joinedRev: 1, joinedNumber: 0, rev: 1 },
    messages: new Map(messages.map((message) => [message.number, message])),
    marks: new Map(),
    rev: texts.length + 1,
  };
  const delivered: Delivered[] = texts.map((_, i) => ({ connection: 1, conversation: CONVERSATION, rev: i + 2, seqs: [i + 3] }));
  return {
    name: 'ben',
    user: 'ben',
    delivered,
    told: new Map([[CONVERSATION, texts.map((_, i) => i + 1)]]),
    state: new Map([[CONVERSATION, held]]),
    ...more,
  };
};

const sentOf = (texts: readonly string[]): Sent[] =>
  texts.map((text, i) => ({ text, by: 'anna', at: i * 10, answeredAt: i * 10 + 5, answer: { conversation: CONVERSATION, number: i + 1, seq: i + 3 } }));

const TEXTS = ['one', 'two', 'three', 'four'];
const fine = (more: Partial<Observed> = {}): Observed => ({ log: [logOf(TEXTS)], sent: sentOf(TEXTS), views: [viewOf(TEXTS)], ...more });

describe('the judge of a run', () => {
  it('finds nothing where everything is as it must be', () => {
    expect(check(fine())).toEqual({ acknowledged: 4, refused: 0, unknown: 0, lost: 0, doubled: 0, reordered: 0, violations: [] });
  });

  it('a message that was acknowledged and is not in the log is lost', () => {
    const verdict = check(fine({ sent: sentOf([...TEXTS, 'five']) }));
    expect(verdict).toMatchObject({ acknowledged: 5, lost: 1 });
    expect(verdict.violations).toEqual([expect.stringContaining('five of anna was acknowledged and is lost')]);
  });

  it('a text that stands in the log twice is doubled', () => {
    const twice = [...TEXTS, 'two'];
    const verdict = check(fine({ log: [logOf(twice)], views: [viewOf(twice)] }));
    expect(verdict).toMatchObject({ doubled: 1, lost: 0 });
  });

  it('a command that acted twice is doubled, also where its text is another', () => {
    const [, , first] = logOf(TEXTS);
    const again = JSON.parse(first?.value ?? '') as EventRecord;
    const copy: EventRecord = {
      ...again,
      command: { ...again.command, offset: 99 },
      events: [{ name: 'message.sent', v: 1, seq: 7, data: { number: 5, text: 'one, again' } }],
    };
    expect(check(fine({ log: [logOf(TEXTS, [copy])] }))).toMatchObject({
      doubled: 1,
      violations: expect.arrayContaining([expect.stringContaining('acted twice')]),
    });
  });

  it('what was acknowledged before another was sent, and stands behind it, is reordered', () => {
    const swapped = ['two', 'one', 'three', 'four'];
    const sent = sentOf(TEXTS).map((one) => ({ ...one, answer: { conversation: CONVERSATION, number: swapped.indexOf(one.text) + 1, seq: 0 } }));
    expect(check(fine({ log: [logOf(swapped)], sent, views: [viewOf(swapped)] }))).toMatchObject({ reordered: 1, lost: 0, doubled: 0 });
  });

  it('a log with a gap in its seq is out of order', () => {
    const log = logOf(TEXTS).filter(({ offset }) => offset !== 3);
    const dense = log.map((record, offset) => ({ ...record, offset }));
    expect(check(fine({ log: [dense] })).reordered).toBeGreaterThan(0);
  });

  it.each<[string, (delivered: readonly Delivered[]) => Delivered[]]>([
    ['twice', (d) => [...d.slice(0, 2), ...d.slice(1)]],
    ['in another order', (d) => [d[1], d[0], ...d.slice(2)] as Delivered[]],
    ['with a gap', (d) => d.filter((_, i) => i !== 1)],
  ])('a record that a socket delivered %s is found', (_how, change) => {
    const delivered = change(viewOf(TEXTS).delivered);
    expect(check(fine({ views: [viewOf(TEXTS, { delivered })] })).reordered).toBeGreaterThan(0);
  });

  it('another connection may deliver again what a former one did', () => {
    const { delivered } = viewOf(TEXTS);
    const again = delivered.slice(1).map((one) => ({ ...one, connection: 2 }));
    expect(check(fine({ views: [viewOf(TEXTS, { delivered: [...delivered, ...again] })] })).violations).toEqual([]);
  });

  it('a void record that was delivered is found', () => {
    const ghost: Delivered = { connection: 2, conversation: CONVERSATION, rev: 40, seqs: [41] };
    expect(check(fine({ views: [viewOf(TEXTS, { delivered: [ghost] })] })).violations).toEqual([expect.stringContaining('void record')]);
  });

  it('a program that was told of a message twice, or too late, is found', () => {
    for (const numbers of [
      [1, 2, 2, 3, 4],
      [1, 3, 2, 4],
    ])
      expect(check(fine({ views: [viewOf(TEXTS, { told: new Map([[CONVERSATION, numbers]]) })] })).reordered).toBe(1);
  });

  it.each([
    ['misses the newest', TEXTS.slice(0, 3)],
    ['holds two in another order', ['two', 'one', 'three', 'four']],
    ['holds one that nobody sent', ['one', 'two', 'tree', 'four']],
  ])('a client that %s is found', (_what, held) => {
    const verdict = check(fine({ views: [viewOf(held, { delivered: [] })] }));
    expect(verdict.violations).toEqual([expect.stringContaining('P4: ben holds of c')]);
  });

  it('a client that holds nothing of its conversation, or one of others, is found', () => {
    expect(check(fine({ views: [viewOf(TEXTS, { state: new Map() })] })).violations).toEqual([expect.stringContaining('holds of c nothing')]);
    expect(check(fine({ views: [viewOf(TEXTS, { user: 'carl' })] })).violations).toEqual([expect.stringContaining('of which it is no member')]);
  });

  it('a message that was refused and stands in the log is found; one without an answer is unknown', () => {
    const refused = sentOf(TEXTS).map(({ answer: _, ...one }) => ({ ...one, refused: 'forbidden' }));
    expect(check(fine({ sent: refused })).violations).toHaveLength(4);
    const unanswered = sentOf(TEXTS).map(({ answer: _, answeredAt: __, ...one }) => one);
    expect(check(fine({ sent: unanswered }))).toMatchObject({ unknown: 4, violations: [] });
  });
});
