import { ManualClock } from '@clatter/memory';
import type { LogRecord } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { Subject, setUpOn } from './testReaders.ts';

const setUp = (seed?: number, nodes?: number, refusesSessions?: number) => setUpOn(new ManualClock(), seed, nodes, refusesSessions);

describe('shared reading, and the places of its readers', () => {
  it('invariant 3: an offset that is missing where none may be is an alarm, in the shared fetch and beside it; a compacted topic goes on', async () => {
    for (const hole of [3, 12]) {
      const { clock, brokers, shared } = setUp();
      brokers.holes.set('a/0', hole);
      brokers.append('a/0', 10);
      const dense = new Subject(shared, 'a/0', 0, { fails: true });
      const sparse = new Subject(shared, 'a/0', 0, { dense: false });
      await clock.advance(1_000);
      brokers.append('a/0', 10);
      await clock.advance(1_000);
      expect(dense.failures.map(({ kind, message }) => [kind, /of offsets \d+ to \d+ only/.test(message)])).toEqual([['fatal', true]]);
      expect(dense.expected).toBe(hole);
      expect(sparse.expected).toBe(20);
      shared.close();
    }
  });

  it('invariant 5: a handler that throws ends its own reading; the others go on', async () => {
    const { clock, brokers, shared } = setUp();
    brokers.append('a/0', 5);
    const good = new Subject(shared, 'a/0', 0);
    const bad = new Subject(shared, 'a/0', 0, {
      fails: true,
      refuses: () => {
        throw new Error('of the handler');
      },
    });
    await clock.advance(1_000);
    brokers.append('a/0', 5);
    await clock.advance(1_000);
    expect([good.expected, bad.failures.length]).toEqual([10, 1]);
    shared.close();
  });

  it('a handler may pause, resume and seek while it is handed records', async () => {
    const { clock, brokers, shared } = setUp();
    brokers.append('a/0', 3);
    const got: number[] = [];
    let then = (): void => {};
    const take = (records: readonly LogRecord[]): boolean => {
      got.push(...records.map(({ offset }) => offset));
      then();
      return true;
    };
    const reading = shared.read({ topic: 'a', partition: 0, dense: true, patience: 0, take, failed: (error) => expect.unreachable(error.message) }, 0);
    then = () => {
      reading.pause();
      reading.resume();
    };
    reading.resume();
    await clock.advance(500);
    brokers.append('a/0', 3);
    await clock.advance(500);
    expect(got).toEqual([0, 1, 2, 3, 4, 5]);
    then = () => {
      then = () => {};
      reading.seek(4);
    };
    brokers.append('a/0', 1);
    await clock.advance(500);
    expect(got.slice(6)).toEqual([6, 4, 5, 6]);
    shared.close();
  });

  it('a reading that is ended twice leaves the next one of its partition alone', async () => {
    const { clock, brokers, shared } = setUp();
    const first = new Subject(shared, 'a/0', 0);
    first.reading.end();
    const second = new Subject(shared, 'a/0', 0);
    await clock.advance(500);
    first.reading.end();
    brokers.append('a/0', 5);
    await clock.advance(500);
    expect(second.expected).toBe(5);
    shared.close();
  });

  it("a log that is truncated below a reader's place ends that reader, live or paused; the others go on", async () => {
    const { clock, brokers, shared } = setUp();
    brokers.append('a/0', 30);
    const ahead = new Subject(shared, 'a/0', 25);
    const paused = new Subject(shared, 'a/0', 2, { fails: true });
    paused.reading.pause();
    await clock.advance(500);
    brokers.starts.set('a/0', 20);
    paused.reading.resume();
    await clock.advance(500);
    brokers.append('a/0', 5);
    await clock.advance(500);
    expect(paused.failures.map(({ kind, message }) => [kind, message])).toEqual([['fatal', "a/0: offset 2 is below the log's start 20"]]);
    expect(ahead.expected).toBe(35);
    shared.close();
  });

  it('a place beyond the end is waited for, as a new leader may lag, and is an alarm after 30 s', async () => {
    const { clock, brokers, shared } = setUp(1, 1);
    brokers.append('a/0', 10);
    brokers.outOfRange = true;
    const soon = new Subject(shared, 'a/0', 12);
    await clock.advance(20_000);
    brokers.append('a/0', 5);
    await clock.advance(2_000);
    expect(soon.expected).toBe(15);
    const never = new Subject(shared, 'b/0', 3, { fails: true });
    await clock.advance(29_000);
    expect(never.failures).toEqual([]);
    await clock.advance(3_000);
    expect(never.failures.map(({ kind, message }) => [kind, message.slice(0, 40)])).toEqual([['fatal', "b/0: offset 3 lies beyond the log's end;"]]);
    shared.close();
  });
});
