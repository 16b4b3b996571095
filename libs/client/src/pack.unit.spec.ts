import { expect, it } from 'vitest';
import { pack } from './pack.ts';

const bytes = (text: string): number => new TextEncoder().encode(text).length;
const framesOf = (texts: readonly string[]): unknown[] => texts.flatMap((text) => JSON.parse(text) as unknown);

it('one frame goes as it is, several in one text', () => {
  expect(pack([{ a: 1 }], 100)).toEqual(['{"a":1}']);
  expect(pack([{ a: 1 }, { a: 2 }], 100)).toEqual(['[{"a":1},{"a":2}]']);
  expect(pack([], 100)).toEqual([]);
});

it('no text is longer than the server takes, and all frames come in order', () => {
  const frames = Array.from({ length: 40 }, (_, i) => ({ i, text: 'ü'.repeat(i * 7) }));
  for (const most of [600, 1_000, 5_000]) {
    const texts = pack(frames, most);
    expect(Math.max(...texts.map(bytes))).toBeLessThanOrEqual(most);
    expect(framesOf(texts)).toEqual(frames);
    expect(texts.length).toBeLessThan(frames.length);
  }
});

it('a frame that is too long goes alone: it takes no other with it', () => {
  expect(pack([{ a: 1 }, { b: 'x'.repeat(50) }, { a: 2 }], 30).map(bytes)).toEqual([7, 58, 7]);
});
