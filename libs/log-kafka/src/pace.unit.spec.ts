import { describe, expect, it } from 'vitest';
import { Pace } from './pace.ts';

describe('the pace of requests', () => {
  it('a few at once do not wait; those that go on leave evenly', () => {
    const pace = new Pace(2, 3);
    let now = 1_000;
    const times: number[] = [];
    for (let i = 0; i < 8; i++) {
      now += pace.wait(now);
      pace.left(now);
      times.push(now - 1_000);
    }
    expect(times).toEqual([0, 0, 0, 2, 4, 6, 8, 10]);
  });

  it('a rest gives back what may leave at once', () => {
    const pace = new Pace(2, 3);
    for (let i = 0; i < 3; i++) pace.left(1_000);
    expect(pace.wait(1_000)).toBe(2);
    expect(pace.wait(1_100)).toBe(0);
  });

  it('a clock that is set back makes nobody wait for long', () => {
    const pace = new Pace(2, 3);
    pace.left(10_000);
    expect(pace.wait(1_000)).toBeLessThanOrEqual(2);
    pace.left(1_000);
    expect(pace.wait(1_010)).toBe(0);
  });
});
