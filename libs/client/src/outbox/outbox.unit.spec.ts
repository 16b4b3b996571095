import { ManualClock } from '@clatter/memory';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Outbox, type OutboxOptions } from './outbox.ts';

const open = (more: Partial<OutboxOptions> = {}) => {
  const clock = new ManualClock();
  let saved = 0;
  const outbox = new Outbox({ clock, random: () => 0.5, rules: {}, refs: undefined, entries: [], save: () => saved++, ...more });
  return { clock, outbox, saves: () => saved };
};
const refs = (list: readonly { readonly ref: string }[]): string[] => list.map(({ ref }) => ref);
const outcome = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error: { code: string }) => error.code);
const again = (ref: string) => ({ type: 'error', ref, code: 'unavailable', message: '', retry: 'same' }) as const;

describe('outbox', () => {
  it('sends in order, each once on a connection, and all again on the next', () => {
    const { outbox } = open();
    for (let i = 0; i < 3; i++) void outbox.add('n', { i });
    const first = outbox.due(1);
    expect(first.map(({ data }) => data)).toEqual([{ i: 0 }, { i: 1 }, { i: 2 }]);
    expect(outbox.due(1)).toEqual([]);
    expect(outbox.due(2)).toEqual(first);
  });

  it('an answer settles its command, whatever it is', async () => {
    const { outbox } = open();
    const [good, bad] = [outbox.add('n', {}), outcome(outbox.add('n', {}))];
    const [one, two] = refs(outbox.due(1)) as [string, string];
    outbox.ok({ type: 'ok', ref: one, data: { number: 1 } });
    outbox.error({ type: 'error', ref: two, code: 'forbidden', message: '', retry: 'never' });
    expect(await good).toEqual({ number: 1 });
    expect(await bad).toBe('forbidden');
    expect(outbox.unanswered).toEqual([]);
    outbox.ok({ type: 'ok', ref: one, data: {} }); // twice: nothing happens
  });

  it('`same` keeps the ref and sends it again a second later; an answer that does not come, after 10, 20, 40 … s', async () => {
    const { outbox, clock } = open();
    void outbox.add('n', {});
    const [ref] = refs(outbox.due(1)) as [string];
    outbox.error(again(ref));
    expect(outbox.due(1)).toEqual([]);
    await clock.advance(1_000);
    expect(refs(outbox.due(1))).toEqual([ref]);
    const waits: number[] = [];
    for (let i = 0, waited = 0; i < 400; i++) {
      await clock.advance(1_000);
      waited++;
      if (outbox.due(1).length === 0) continue;
      waits.push(waited);
      waited = 0;
    }
    expect(waits).toEqual([20, 40, 80, 160]);
  });

  it('limit inFlight: at most 32 are unanswered; the others wait for their turn', () => {
    const { outbox } = open();
    for (let i = 0; i < 40; i++) void outbox.add('n', { i });
    const sent = refs(outbox.due(1));
    expect(sent).toHaveLength(32);
    outbox.ok({ type: 'ok', ref: sent[5] as string, data: {} });
    expect(outbox.due(1)).toHaveLength(1);
  });

  it('limit refSpan: no ref is made 64 or more beyond the oldest unanswered', () => {
    const { outbox } = open();
    for (let i = 0; i < 200; i++) void outbox.add('n', { i });
    const made: string[] = [];
    for (let i = 0; i < 200; i++) {
      const next = refs(outbox.due(1));
      if (next.length === 0) break;
      made.push(...next);
      for (const ref of next) if (ref !== made[0]) outbox.ok({ type: 'ok', ref, data: {} });
    }
    expect(made).toHaveLength(64);
    outbox.ok({ type: 'ok', ref: made[0] as string, data: {} });
    expect(outbox.due(1).length).toBeGreaterThan(0);
  });

  it('limit client.waiting: more than 1,000 that wait to be sent are refused at once', async () => {
    const { outbox } = open();
    for (let i = 0; i < 1_032; i++) void outbox.add('n', { i });
    expect(await outcome(outbox.add('n', {}))).toBe('rate_limited');
  });

  it('what the server grants is taken, never more than the contract has', () => {
    const { outbox } = open();
    outbox.limit({ inFlight: 2, refSpan: 64 });
    for (let i = 0; i < 100; i++) void outbox.add('n', { i });
    expect(outbox.due(1)).toHaveLength(2);
    outbox.limit({ inFlight: 1_000, refSpan: 1_000 });
    expect(outbox.due(1)).toHaveLength(30);
  });

  it('a program that starts again sends the same refs first, and its refs go on above them, whatever the clock says', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 1, maxLength: 12 }), (jumps) => {
        let state: Pick<OutboxOptions, 'refs' | 'entries'> = { refs: undefined, entries: [] };
        let now = 1_700_000_000_000;
        const all: string[] = [];
        for (const jump of jumps) {
          now += jump;
          const { outbox } = open({ ...state, clock: { now: () => now, after: () => () => {} } });
          const old = state.entries.length;
          void outbox.add('n', {});
          void outbox.add('n', {});
          const due = refs(outbox.due(1));
          expect(due.slice(0, old)).toEqual(refs(state.entries));
          all.push(...due.slice(old));
          outbox.ok({ type: 'ok', ref: due[0] as string, data: {} });
          state = { refs: outbox.refs, entries: outbox.unanswered };
        }
        expect(all).toEqual([...new Set(all)].sort());
      }),
    );
  });

  it('everything is saved before it may be sent', () => {
    const { outbox, saves } = open();
    void outbox.add('n', {});
    expect(saves()).toBe(1);
    outbox.ok({ type: 'ok', ref: refs(outbox.due(1))[0] as string, data: {} });
    expect(saves()).toBe(2);
  });
});
