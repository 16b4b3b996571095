import { describe, expect, it } from 'vitest';
import { findSaturation, holds } from './saturation.ts';

describe('a rate holds', () => {
  const row = { expected: 100, delivered: 100, grewMs: 0, seconds: 4 };
  it('when everything came, no later at the end than at the beginning', () => expect(holds(row)).toBe(true));
  it('not when something is missing', () => expect(holds({ ...row, delivered: 99 })).toBe(false));
  it('not when the queue grew by more than chance', () => {
    expect(holds({ ...row, grewMs: 90 })).toBe(true);
    expect(holds({ ...row, grewMs: 130 })).toBe(false);
    expect(holds({ ...row, grewMs: 130, seconds: 10 })).toBe(true);
  });
});

/** A system that can do so much, and may fail `stalls` times besides; what was tried, and what was found. */
const search = async (capacity: number, { stalls = 0, steps = [100, 200, 400, 800], tries = 100 } = {}) => {
  const tried: number[] = [];
  const attempt = async (rate: number): Promise<boolean> => {
    tried.push(rate);
    return rate <= capacity && stalls-- <= 0;
  };
  const found = await findSaturation(steps, attempt, () => tried.length < tries);
  return { found, tried };
};

describe('the saturation rate', () => {
  it('is the highest step that holds; one that fails is tried twice', async () => {
    expect(await search(500)).toEqual({ found: { rate: 400, above: 800 }, tried: [100, 200, 400, 800, 800] });
  });
  it('is not missed for one stall', async () => expect((await search(500, { stalls: 1 })).found).toEqual({ rate: 400, above: 800 }));
  it('may be above all steps', async () => expect((await search(5_000)).found).toEqual({ rate: 800, above: null }));
  it('is looked for below the lowest step', async () => {
    expect(await search(30)).toEqual({ found: { rate: 25, above: 50 }, tried: [100, 100, 50, 50, 25] });
    expect((await search(1)).found).toBeUndefined();
  });
  it('is what held when time is up', async () => {
    expect((await search(500, { tries: 2 })).found).toEqual({ rate: 200, above: null });
    expect((await search(30, { tries: 2 })).found).toBeUndefined();
  });
});
