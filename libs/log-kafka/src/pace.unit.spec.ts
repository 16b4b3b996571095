import type { Clock } from '@clatter/ports';
import { expect, it } from 'vitest';
import { FetchPace } from './pace.ts';

/** A clock that stands, and what was asked of it. */
const standing = (at = 1_000) => {
  const asked: number[] = [];
  const time = { at };
  const clock: Clock = {
    now: () => time.at,
    after: (ms) => {
      asked.push(ms);
      return () => {};
    },
  };
  return { clock, asked, time };
};

it('the next fetch waits for the rest of the pace, counted from the last answer', async () => {
  const { clock, asked, time } = standing();
  const pace = new FetchPace(clock, 100);
  pace.answered();
  time.at += 30;
  void pace.rest(false);
  expect(asked).toEqual([70]);
  time.at += 70;
  await pace.rest(false); // over
  expect(asked).toEqual([70]);
});

it('a partition that has more ends the rest of all of its fetch, before it and after it; the next answer begins anew', async () => {
  const { clock, asked } = standing();
  const pace = new FetchPace(clock, 100);
  pace.answered();
  const first = pace.rest(false);
  await pace.rest(true);
  await first;
  await pace.rest(false);
  pace.answered();
  void pace.rest(false);
  expect(asked).toEqual([100, 100]);
});

it('a clock that is set back keeps no fetch waiting for longer than the pace', () => {
  const { clock, asked, time } = standing(3_600_000);
  const pace = new FetchPace(clock, 100);
  pace.answered();
  time.at = 0;
  void pace.rest(false);
  expect(asked).toEqual([100]);
});
