import { expect, it } from 'vitest';
import { KEPT, Throttle } from './throttle.ts';

it('limit auth.throttles: 50,000 names are remembered, the least used is forgotten', () => {
  const throttle = new Throttle(0.001, 1);
  const refused = (key: string): boolean => {
    try {
      throttle.take(key, 0);
      return false;
    } catch {
      return true;
    }
  };
  expect([refused('anna'), refused('anna')]).toEqual([false, true]);
  for (let i = 0; i < KEPT - 1; i++) refused(`u${i}`);
  expect(refused('anna')).toBe(true);
  for (let i = 0; i < KEPT; i++) refused(`v${i}`);
  expect(refused('anna')).toBe(false);
});
