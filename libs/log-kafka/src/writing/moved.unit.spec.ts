import { ManualClock } from '@clatter/memory';
import { expect, it } from 'vitest';
import type { Reach } from '../link/brokers.ts';
import type { Link } from '../link/link.ts';
import { Pace } from '../pace.ts';
import { Writer } from '../wire/bytes.ts';
import { Writing } from './writing.ts';

const record = { key: '', headers: {}, value: 'v' };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const answerOf = (places: readonly { readonly error: number; readonly offset: number }[], throttleMs = 0): Buffer => {
  const to = new Writer(64);
  to.int32(1);
  to.string('t');
  to.int32(places.length);
  for (const { error, offset } of places) {
    to.int32(0);
    to.int16(error);
    to.int64(offset);
    to.int64(0);
    to.int64(0);
  }
  to.int32(throttleMs);
  return Buffer.from(to.written);
};

/** Partition 0 of one topic, whose leader the test moves and whose answers it gives. */
const setUp = () => {
  const open: { readonly node: number; answer(body: Buffer): void }[] = [];
  const at = { leader: 1 };
  const link = async (node: number): Promise<Link> =>
    ({
      request: (_api: unknown, _options: unknown, body: (to: Writer) => void) => {
        body(new Writer(64));
        return new Promise<Buffer>((answer) => open.push({ node, answer }));
      },
    }) as unknown as Link;
  const reach: Reach = { link, freshen: () => {}, refresh: async () => {}, doubt: () => {}, leader: () => at.leader, leaderOf: async () => at.leader };
  return { open, at, writing: new Writing(reach, new ManualClock(), () => new Pace(0, 1)) };
};

it('a batch that waits for a former one of its partition, which is under way to another broker, leaves when that is answered', async () => {
  const { open, at, writing } = setUp();
  const first = writing.append('t', 0, [record]);
  await turn();
  at.leader = 2;
  const second = writing.append('t', 0, [record]);
  await turn();
  await turn();
  expect(open.map(({ node }) => node)).toEqual([1]); // invariant 1
  open[0]?.answer(answerOf([{ error: 0, offset: 0 }]));
  expect(await first).toBe(0);
  for (let i = 0; i < 5; i++) await turn();
  expect(open.map(({ node }) => node)).toEqual([1, 2]);
  open[1]?.answer(answerOf([{ error: 0, offset: 1 }]));
  expect(await second).toBe(1);
});

it('an answer that says two things of one batch, or names no place for it, leaves it ambiguous', async () => {
  const stands = { error: 0, offset: 5 };
  const refused = { error: 6, offset: -1 }; // NOT_LEADER_FOR_PARTITION
  for (const places of [[stands, refused], [refused, stands], [{ error: 0, offset: -1 }]]) {
    const { open, writing } = setUp();
    const appended = writing.append('t', 0, [record]).then(
      (offset) => `at ${offset}`,
      ({ kind }: { kind: string }) => kind,
    );
    await turn();
    await turn();
    open[0]?.answer(answerOf(places));
    expect(await appended).toBe('ambiguous');
  }
});
