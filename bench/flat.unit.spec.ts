import { expect, it } from 'vitest';
import { isFlat, middle } from './flat.ts';

/** How many windows of this course it takes. */
const windows = (...costs: number[]): number | undefined => costs.map((_, i) => i + 1).find((n) => isFlat(costs.slice(0, n)));

it('costs that fall are flat when three windows are within a tenth of the three before', () => {
  expect(windows(2.8, 2.2, 1.8, 1.5, 1.3, 1.25, 1.2, 1.2, 1.18, 1.2)).toBe(9);
});

it('a steady cost is flat after six windows, not sooner', () => {
  expect(windows(0.5, 0.5, 0.5, 0.5, 0.5, 0.5)).toBe(6);
  expect(windows(0.5, 0.5, 0.5, 0.5, 0.5)).toBeUndefined();
  expect(windows(0, 0, 0, 0, 0, 0)).toBe(6);
});

it('one disturbed window neither ends a warm-up nor prolongs it', () => {
  expect(windows(3, 2.4, 2, 1.6, 2.4, 1.3)).toBeUndefined();
  expect(windows(1, 1, 1, 1, 9, 1)).toBe(6);
});

it('what rises is not flat', () => expect(isFlat([1, 1, 1, 1.5, 1.5, 1.5])).toBe(false));

it('the middle one of the last three, of fewer where there are fewer', () => {
  expect(middle([9, 1, 3, 2])).toBe(2);
  expect(middle([4])).toBe(4);
});
