import { ManualClock } from '@clatter/memory';
import { SILENT } from '@clatter/ports';
import { expect, it } from 'vitest';
import type { Reach } from '../link/brokers.ts';
import type { Link } from '../link/link.ts';
import { Pace } from '../pace.ts';
import { fetchAnswerOf, setOf } from '../wire/testWire.ts';
import { collect } from './collect.ts';
import { SharedReading } from './shared.ts';

/** A broker that brings what stands before the place that was asked for, and nothing else. */
const setUp = () => {
  const clock = new ManualClock();
  const asked = { times: 0 };
  const old = fetchAnswerOf([{ topic: 't', partition: 0, error: 0, highWatermark: 20, sets: [setOf([{ key: '', headers: {}, value: 'v' }], 3)] }]);
  const request = async (): Promise<Buffer> => {
    if (++asked.times > 5_000) return new Promise(() => {}); // else the test would never end
    return old;
  };
  const link = async (): Promise<Link> => ({ request }) as unknown as Link;
  const brokers: Reach = { link, freshen: () => {}, refresh: async () => {}, doubt: () => {}, leader: () => 1, leaderOf: async () => 1 };
  return { clock, asked, brokers };
};

it('reading once ends where a broker brings nothing new', async () => {
  const { clock, asked, brokers } = setUp();
  let failure: unknown;
  collect(brokers, clock, { topic: 't', partition: 0, dense: false }, 10, 20, 5).catch((error: unknown) => {
    failure = error;
  });
  await clock.advance(20_000);
  expect(failure).toMatchObject({ kind: 'retriable' });
  expect(asked.times).toBeLessThan(300);
});

it('a reader that catches up waits where a broker brings nothing new', async () => {
  const { clock, asked, brokers } = setUp();
  const shared = new SharedReading({ brokers, clock, log: SILENT, pace: () => new Pace(2, 4), startOf: async () => 0 });
  const take = (): boolean => expect.unreachable('nothing new was there');
  shared.read({ topic: 't', partition: 0, dense: false, patience: 0, take, failed: () => {} }, 10).resume();
  await clock.advance(5_000);
  expect(asked.times).toBeLessThan(20);
  shared.close();
});
