import type { ConversationDoc, EventFrame, MemberDoc, MessageDoc, SyncConversation } from '@clatter/contract';
import { applyToConversation, memberChanges, messagesOf, type TimelineRecord } from '@clatter/kernel';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEvent, applyLeft, applyMark } from './applyFrame.ts';
import { applyHistory, applySync } from './applySync.ts';
import { type ClientState, EMPTY, lowest } from './state.ts';

const C = 'c1';
const frame = (rev: number, events: EventFrame['events'], user = 'anna'): EventFrame => ({
  type: 'event',
  conversation: C,
  rev,
  at: rev,
  actor: { user, device: 'd' },
  events,
});

/** A log of one conversation: created with its members, then whatever the choices say; revs have gaps, as offsets of a shared partition do. */
const logOf = (choices: readonly number[]): EventFrame[] => {
  const frames = [
    frame(0, [
      { name: 'conversation.created', seq: 1, data: { kind: 'group', title: 't0' } },
      {
        name: 'members.added',
        seq: 2,
        data: {
          members: [
            { user: 'anna', role: 'owner' },
            { user: 'ben', role: 'member' },
          ],
          joinedNumber: 0,
        },
      },
    ]),
  ];
  let [seq, number, rev] = [2, 0, 0];
  for (const choice of choices) {
    rev += 1 + (choice % 3);
    seq++;
    if (choice % 4 === 0) frames.push(frame(rev, [{ name: 'conversation.updated', seq, data: { title: `t${choice}` } }]));
    else if (choice % 4 === 1)
      frames.push(frame(rev, [{ name: 'role.changed', seq, data: { user: 'anna', role: choice % 8 > 3 ? 'admin' : 'owner', was: 'member' } }]));
    else frames.push(frame(rev, [{ name: 'message.sent', seq, data: { number: ++number, ref: `r${number}`, kind: 'text', text: `m${number}` } }]));
  }
  return frames;
};

const recordOf = ({ conversation, rev, at, actor, events }: EventFrame): TimelineRecord => ({ conversation, rev, at, user: actor.user, events });

/** What the read models hold after these records. */
const modelOf = (log: readonly EventFrame[]): { readonly doc: ConversationDoc; readonly own: MemberDoc; readonly messages: MessageDoc[] } => {
  let doc: ConversationDoc | undefined;
  let own: MemberDoc | undefined;
  for (const record of log.map(recordOf)) {
    doc = applyToConversation(doc, record);
    for (const { user, to } of memberChanges(record)) if (user === 'anna') own = to(own);
  }
  if (!doc || !own) throw new Error('the log begins with the conversation');
  return { doc, own, messages: log.map(recordOf).flatMap((record) => [...messagesOf(record)]) };
};

/** As the server answers a sync since `since`, with at most `most` changed messages, else the newest `limited`. */
const syncOf = (log: readonly EventFrame[], since: number | undefined, most = 6, limited = 3): SyncConversation => {
  const { doc, own, messages } = modelOf(log);
  if (since === undefined) return { conversation: C, fresh: true, doc, own, messages: messages.slice(-4), marks: [] };
  const changed = messages.filter((m) => m.rev > since);
  const tail = changed.length > most ? { messages: messages.slice(-limited), limited: true as const } : { messages: changed };
  return { conversation: C, ...(doc.rev > since ? { doc } : {}), own, marks: [], ...tail };
};

const seen = (state: ClientState) => {
  const held = state.get(C);
  return held && { doc: held.doc, own: held.own, messages: [...held.messages.values()].sort((a, b) => a.number - b.number) };
};
const play = (state: ClientState, frames: readonly EventFrame[]): ClientState => frames.reduce((s, f) => applyEvent(s, 'anna', f).state, state);

describe('the law: state(sync since c) + every later frame = state(fresh sync)', () => {
  it('whatever was held, wherever the sync fell, with frames that it has overtaken', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 30 }), fc.nat(), fc.nat(), fc.nat(), (choices, a, b, c) => {
        const log = logOf(choices);
        const [first, cursor, upto] = [a, b, c].map((n) => n % log.length).sort((x, y) => x - y) as [number, number, number];
        let state = applySync(EMPTY, syncOf(log.slice(0, first + 1), undefined));
        state = play(state, log.slice(first + 1, cursor + 1));
        // away; then a sync since the cursor that reaches up to `upto`, and every frame since the cursor, some of them overtaken
        state = applySync(state, syncOf(log.slice(0, upto + 1), log[cursor]?.rev ?? 0));
        state = play(state, log.slice(cursor + 1));
        const truth = modelOf(log);
        const mine = seen(state);
        expect(mine?.doc).toEqual(truth.doc);
        expect(mine?.own).toEqual(truth.own);
        // a run without a gap up to the newest, each as the read model has it
        expect(mine?.messages).toEqual(truth.messages.slice(truth.messages.length - (mine?.messages.length ?? 0)));
      }),
      { numRuns: 500 },
    );
  });

  it('pages of history make it whole', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 40 }), { maxLength: 40 }), fc.integer({ min: 1, max: 7 }), (choices, limit) => {
        const log = logOf(choices);
        const { messages } = modelOf(log);
        let state = applySync(EMPTY, syncOf(log, undefined));
        for (let low = lowest(state.get(C) as never); Number.isFinite(low) && low > 1; low = lowest(state.get(C) as never))
          state = applyHistory(state, C, messages.filter((m) => m.number < low).slice(-limit));
        expect(seen(state)?.messages).toEqual(messages);
      }),
    );
  });
});

describe('frames', () => {
  const log = logOf([2, 2, 2]);
  const held = applySync(EMPTY, syncOf(log.slice(0, 2), undefined));

  it('a frame seen already changes nothing', () => {
    const once = play(held, log.slice(2));
    expect(seen(play(once, log))).toEqual(seen(once));
  });

  it('a jump of seq is told as a gap and changes nothing', () => {
    const [, , , last] = log;
    expect(applyEvent(held, 'anna', last as EventFrame)).toEqual({ state: held, gap: true });
  });

  it('of a conversation that is not held nothing is kept', () => expect(play(EMPTY, log)).toBe(EMPTY));

  it('marks go forward by rev only', () => {
    const mark = (rev: number, number: number) => ({ type: 'mark', conversation: C, user: 'ben', number, rev }) as const;
    const state = applyMark(applyMark(held, mark(5, 2)), mark(4, 1));
    expect(state.get(C)?.marks.get('ben')).toMatchObject({ number: 2, rev: 5 });
  });

  it('who left holds nothing, unless he joined again since', () => {
    expect(applyLeft(held, C, 10).has(C)).toBe(false);
    expect(applyLeft(held, C, -1).has(C)).toBe(true);
  });

  it('a page of history that does not join on is dropped', () => {
    const far = { conversation: C, number: 1, seq: 1, at: 1, author: 'anna', ref: 'r', kind: 'text', text: 'x', rev: 1 } as const;
    const apart = applySync(held, {
      conversation: C,
      fresh: true,
      ...modelOf(logOf([2, 2, 2, 2, 2])),
      messages: modelOf(logOf([2, 2, 2, 2, 2])).messages.slice(-1),
      marks: [],
    });
    expect(applyHistory(apart, C, [far])).toBe(apart);
  });

  it('a change of an old message that is not held is dropped: it comes with its page (no command changes a message yet)', () => {
    const model = modelOf(logOf([2, 2, 2, 2, 2]));
    const [first, ...rest] = model.messages;
    if (!first) throw new Error('the log has messages');
    const newest = applySync(EMPTY, { conversation: C, fresh: true, ...model, messages: rest.slice(-2), marks: [] });
    const page: SyncConversation = { conversation: C, own: model.own, messages: [{ ...first, text: 'changed', rev: 99 }], marks: [] };
    expect(applySync(newest, page).get(C)?.messages.has(first.number)).toBe(false);
    expect(applySync(newest, page, { dropNotHeld: false }).get(C)?.messages.has(first.number), 'without the rule there is a hole').toBe(true);
  });
});
