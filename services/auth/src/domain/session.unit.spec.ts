import { expect, it } from 'vitest';
import { judge, opened, rotated, rotatedAgain } from './session.ts';

const MINUTE = 60_000;
const end = 1_000 * MINUTE;
const first = opened({ session: 's', user: 'anna', hash: 'one', refreshExpires: end }, { at: 0, id: 'r' });
const second = rotated(first, 'two', end, MINUTE);

it('the newest token is good, the one before only for a minute: its answer may have been lost', () => {
  expect(judge(second, 'two', 5 * MINUTE)).toBe('current');
  expect(judge(second, 'one', 2 * MINUTE)).toBe('unanswered');
  expect(judge(second, 'one', 2 * MINUTE + 1)).toBe('former');
  expect(judge(second, 'nonsense', 2 * MINUTE)).toBe('unknown');
  expect(judge(second, 'two', end)).toBe('ended');
});

it('of two that hold one token only one goes on: the other ends the session when it comes', () => {
  const third = rotatedAgain(second, 'three', end);
  expect(judge(third, 'three', 2 * MINUTE)).toBe('current');
  expect(judge(third, 'two', 2 * MINUTE)).toBe('former');
});

it('answers may be lost again and again within the minute, which does not begin anew', () => {
  const third = rotatedAgain(second, 'three', end);
  expect(judge(third, 'one', 2 * MINUTE)).toBe('unanswered');
  expect(judge(rotatedAgain(third, 'four', end), 'one', 2 * MINUTE)).toBe('unanswered');
  expect(judge(third, 'one', 2 * MINUTE + 1)).toBe('former');
});

it('a token two rotations old is former at once', () => {
  expect(judge(rotated(second, 'three', end, 2 * MINUTE), 'one', 2 * MINUTE)).toBe('former');
});
