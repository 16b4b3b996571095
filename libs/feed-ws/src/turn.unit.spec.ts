import { expect, it } from 'vitest';
import { Turn } from './turn.ts';

const turn = (most = 1_000) => {
  const frames: string[] = [];
  return { frames, turn: new Turn(most, (frame) => frames.push(frame)) };
};
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('what one turn sends is one frame in order, a message alone is as it is, and nothing is written before the turn ends', async () => {
  const { turn: one, frames } = turn();
  for (const text of ['1', '2', '3']) one.add(text);
  expect(frames).toEqual([]);
  await nextTurn();
  one.add('4');
  await nextTurn();
  expect(frames).toEqual(['[1,2,3]', '4']);
});

it('microtasks belong to the turn, whether it sends before them or in them', async () => {
  const { turn: one, frames } = turn();
  one.add('1');
  for (let n = 0; n < 50; n++) await null;
  one.add('2');
  for (let n = 0; n < 50; n++) await null;
  one.add('3');
  await nextTurn();
  expect(frames).toEqual(['[1,2,3]']);
});

it('an idle turn waits for nothing: the frame is written before any timer or other event', async () => {
  const { turn: one, frames } = turn();
  const seen = new Promise<readonly string[]>((resolve) => setImmediate(() => resolve([...frames])));
  one.add('1');
  expect(await seen).toEqual(['1']);
});

it('limit feed.gathered: a frame of several messages holds no more bytes, a larger message goes alone; the order stays', async () => {
  const { turn: one, frames } = turn(20);
  const texts = ['"äää"', '"bbbb"', '"cccc"', '"dddd"', `"${'e'.repeat(30)}"`, '"f"', '"g"'];
  for (const text of texts) one.add(text);
  expect(frames.length).toBeGreaterThan(1); // written at once: what is gathered is bounded
  await nextTurn();
  expect(frames.flatMap((frame) => JSON.parse(frame))).toEqual(texts.map((text) => JSON.parse(text)));
  expect(frames.map((frame) => Buffer.byteLength(frame))).toEqual([17, 15, 32, 9]);
  for (const text of ['"12345"', '"12345678"']) one.add(text);
  await nextTurn();
  expect(frames.slice(4)).toEqual(['["12345","12345678"]']); // 20 bytes: it just fits
  for (const text of ['"12345"', '"123456789"']) one.add(text);
  await nextTurn();
  expect(frames.slice(5)).toEqual(['"12345"', '"123456789"']);
});

it('a flush writes what there is, and the turn goes on', async () => {
  const { turn: one, frames } = turn();
  one.add('1');
  one.flush();
  one.flush();
  expect([frames, one.bytes]).toEqual([['1'], 0]);
  one.add('2');
  await nextTurn();
  expect(frames).toEqual(['1', '2']);
});
