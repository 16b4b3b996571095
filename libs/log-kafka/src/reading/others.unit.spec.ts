import { ManualClock } from '@clatter/memory';
import { expect, it } from 'vitest';
import type { Reading } from './readable.ts';
import { setUpOn } from './testReaders.ts';

/** The first of two live readers of one partition does something to the second while it is handed records. */
const during = async (act: (second: Reading) => void) => {
  const { clock, brokers, shared } = setUpOn(new ManualClock(), 1, 1, 0);
  brokers.append('a/0', 10);
  const handed: number[] = [];
  const failures: string[] = [];
  let acting = false;
  let second: Reading | undefined;
  const place = { topic: 'a', partition: 0, dense: true, patience: 0, failed: (error: Error) => void failures.push(error.message) };
  const take = (): boolean => {
    if (acting && second) act(second);
    acting = false;
    return true;
  };
  shared.read({ ...place, take }, 10).resume();
  second = shared.read({ ...place, take: (records) => handed.push(...records.map(({ offset }) => offset)) > 0 }, 10);
  second.resume();
  await clock.advance(1_000);
  acting = true;
  brokers.append('a/0', 1);
  await clock.advance(2_000);
  shared.close();
  return { handed, failures };
};

it('a reader that another one ends or pauses while both are handed records is handed none', async () => {
  expect(await during((second) => second.end())).toEqual({ handed: [], failures: [] });
  expect(await during((second) => second.pause())).toEqual({ handed: [], failures: [] });
});

it('a reader that another one sends back while both are handed records begins exactly there', async () => {
  expect(await during((second) => second.seek(8))).toEqual({ handed: [8, 9, 10], failures: [] });
});
