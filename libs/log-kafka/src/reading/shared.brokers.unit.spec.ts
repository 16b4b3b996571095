import { ManualClock } from '@clatter/memory';
import { describe, expect, it } from 'vitest';
import { NAMES, Subject, setUpOn } from './testReaders.ts';

const setUp = (seed?: number, nodes?: number, refusesSessions?: number) => setUpOn(new ManualClock(), seed, nodes, refusesSessions);

describe('shared reading, and what brokers do', () => {
  it('a broker that is silent keeps only its own readers waiting, and is told by heardAt', async () => {
    const { clock, brokers, shared } = setUp(1, 2);
    const silent = NAMES.filter((name) => brokers.leaders.get(name) === 1);
    const well = NAMES.find((name) => brokers.leaders.get(name) === 2) as string;
    brokers.silent.add(1);
    const waiting = [0, 1, 2].flatMap(() => silent.map((name) => new Subject(shared, name, 0)));
    await clock.advance(200);
    brokers.append(well, 1);
    const served = new Subject(shared, well, 0);
    await clock.advance(300);
    expect(served.expected).toBe(1);
    await clock.advance(30_000);
    expect(clock.now() - served.reading.heardAt()).toBeLessThan(1_000);
    for (const { reading } of waiting) expect(clock.now() - reading.heardAt()).toBeGreaterThan(25_000);
    shared.close();
  });

  it('one that catches up on a frozen lane keeps neither the shared fetch nor, after its time, the others waiting', async () => {
    const { clock, brokers, shared } = setUp(1, 1);
    for (const name of NAMES) brokers.append(name, 5);
    const live = new Subject(shared, 'a/0', 5);
    await clock.advance(1_000);
    brokers.frozen.add('look');
    const behind = NAMES.map((name) => new Subject(shared, name, 0)); // more than catch up at once
    await clock.advance(2_000);
    brokers.append('a/0', 5);
    await clock.advance(500);
    expect(live.expected).toBe(10);
    brokers.frozen.delete('look');
    await clock.advance(11_000);
    expect(behind.map(({ expected }) => expected)).toEqual(NAMES.map((name) => brokers.ends.get(name)));
    shared.close();
  });

  it('a broker that needs longer than is usual is given more time, and is read', async () => {
    const { clock, brokers, shared } = setUp(1, 1, 0);
    const subject = new Subject(shared, 'a/0', 0);
    await clock.advance(1_000);
    brokers.slowMs = 8_000;
    for (let i = 0; i < 60; i++) {
      brokers.append('a/0', 1);
      await clock.advance(1_000);
    }
    await clock.advance(30_000);
    expect(subject.expected).toBe(60);
    shared.close();
  });

  it('invariant 4: what the former leader answers from beyond the place where the readers are now is dropped', async () => {
    const { clock, brokers, shared } = setUp(1, 1, 0);
    brokers.append('a/0', 15);
    const first = new Subject(shared, 'a/0', 15);
    await clock.advance(1_000);
    brokers.slowMs = 200;
    brokers.append('a/0', 3);
    await clock.advance(20); // 15 to 17 are on their way
    first.state = 'ended';
    first.reading.end();
    brokers.leaders.set('a/0', 2);
    brokers.ends.set('a/0', 12); // a new leader does not know yet how far all followers are
    brokers.doubt();
    brokers.freshen();
    const second = new Subject(shared, 'a/0', 10);
    await clock.advance(1_000);
    expect(second.expected).toBe(12);
    brokers.append('a/0', 6);
    await clock.advance(1_000);
    expect(second.expected).toBe(18);
    shared.close();
  });

  it('a partition that has lost its leader together with its connection is asked for until it has one', async () => {
    const { clock, brokers, shared } = setUp(1, 1, 0);
    const subject = new Subject(shared, 'a/0', 0);
    await clock.advance(1_000);
    brokers.leaders.delete('a/0');
    brokers.down++;
    brokers.wake();
    await clock.advance(1_000);
    brokers.down--;
    await clock.advance(1_000);
    brokers.leaders.set('a/0', 1);
    brokers.append('a/0', 3);
    await clock.advance(3_000);
    expect(subject.expected).toBe(3);
    shared.close();
  });

  it('a partition that nobody leads is no deafness of this process; one that can not be read is', async () => {
    const { clock, brokers, shared } = setUp(1, 1);
    const { reading } = new Subject(shared, 'a/0', 0);
    await clock.advance(1_000);
    expect(clock.now() - reading.heardAt()).toBeLessThan(300);
    brokers.down++;
    brokers.wake();
    await clock.advance(5_000);
    expect(clock.now() - reading.heardAt()).toBeGreaterThan(4_000);
    brokers.down--;
    brokers.leaders.delete('a/0');
    await clock.advance(5_000);
    expect(clock.now() - reading.heardAt()).toBe(0);
    shared.close();
  });
});
