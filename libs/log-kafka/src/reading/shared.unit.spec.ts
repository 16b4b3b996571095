import { ManualClock } from '@clatter/memory';
import { describe, expect, it } from 'vitest';
import { CATCHING_UP } from './catchUp.ts';
import { MAX_BYTES } from './following.ts';
import { PARTITION_BYTES } from './look.ts';
import { NAMES, NODES, Subject, setUpOn } from './testReaders.ts';

const SEEDS = Number(process.env.READING_SEEDS ?? 25);

const setUp = (seed?: number, nodes?: number, refusesSessions?: number) => setUpOn(new ManualClock(), seed, nodes, refusesSessions);

describe('shared reading', () => {
  it(
    'invariant 3, 4: whatever happens, a reader is handed every record from where it began, in order, once',
    async () => {
      for (let seed = 0; seed < SEEDS; seed++) {
        const { random, clock, brokers, shared } = setUp(seed);
        let calm = false;
        const refuses = (): boolean => !calm && random.chance(0.05);
        const subjects: Subject[] = [];
        for (let step = 0; step < 400; step++) {
          const dice = random.next();
          const subject = subjects.length > 0 ? random.pick(subjects) : undefined;
          if (dice < 0.4) brokers.append(random.pick(NAMES), 1 + random.below(8));
          else if (dice < 0.5 && subjects.filter(({ state }) => state !== 'ended').length < 12) {
            const name = random.pick(NAMES);
            subjects.push(new Subject(shared, name, random.below((brokers.ends.get(name) ?? 0) + 1), { refuses }));
          } else if (dice < 0.58 && subject && subject.state !== 'ended') {
            subject.expected = random.below((brokers.ends.get(subject.name) ?? 0) + 1);
            subject.state = 'reading';
            subject.reading.seek(subject.expected);
          } else if (dice < 0.66 && subject && subject.state !== 'ended') {
            subject.state = 'paused';
            subject.reading.pause();
          } else if (dice < 0.74 && subject?.state === 'paused') {
            subject.state = 'reading';
            subject.reading.resume();
          } else if (dice < 0.77 && subject && subject.state !== 'ended') {
            subject.state = 'ended';
            subject.reading.end();
          } else if (dice < 0.79) {
            const name = random.pick(NAMES);
            if (random.chance(0.3)) {
              brokers.leaders.delete(name); // nobody leads it for a while
              clock.after(random.below(300), () => brokers.leaders.set(name, 1 + random.below(NODES)));
            } else brokers.leaders.set(name, 1 + random.below(NODES));
            brokers.wake();
          } else if (dice < 0.81) brokers.sessions.clear();
          else if (dice < 0.82) {
            brokers.down++;
            brokers.wake();
            clock.after(random.below(300), () => brokers.down--);
          } else if (dice < 0.825) {
            const lane = random.pick(['look', 'follow'] as const);
            brokers.frozen.add(lane);
            clock.after(random.below(9_000), () => brokers.frozen.delete(lane));
          }
          await clock.advance(random.below(random.chance(0.1) ? 400 : 12));
        }
        calm = true;
        for (const subject of subjects) {
          if (subject.state !== 'paused') continue;
          subject.state = 'reading';
          subject.reading.resume();
        }
        await clock.advance(60_000);
        for (const { name, state, expected } of subjects) if (state === 'reading') expect(expected, `seed ${seed}, ${name}`).toBe(brokers.ends.get(name));
        shared.close();
      }
    },
    60_000 + SEEDS * 1_000,
  );

  it('readers of one process at one place cost one fetch, and idle ones next to nothing', async () => {
    const { clock, brokers, shared } = setUp();
    const subjects = [0, 1, 2].flatMap(() => NAMES.map((name) => new Subject(shared, name, 0)));
    await clock.advance(2_000);
    brokers.fetches = 0;
    await clock.advance(5_000);
    expect(brokers.fetches).toBeLessThanOrEqual((5_000 / 250 + 1) * NODES); // a long poll a quarter of a second and broker
    brokers.fetches = 0;
    for (let i = 0; i < 500; i++) {
      brokers.append('a/0', 1);
      await clock.advance(1);
    }
    await clock.advance(100);
    expect(subjects.filter(({ name }) => name === 'a/0').map(({ handed }) => handed)).toEqual([500, 500, 500]);
    expect(brokers.fetches).toBeLessThanOrEqual(300); // 500 records, three readers of each
    shared.close();
  });

  it('limits kafka.catchingUp, kafka.fetchBytes, kafka.partitionBytes: however many are behind, so many read at once, and so much', async () => {
    const { clock, brokers, shared } = setUp(1, 1);
    for (const name of NAMES) brokers.append(name, 200);
    const behind = [0, 1, 2].flatMap(() => NAMES.map((name) => new Subject(shared, name, 0)));
    await clock.advance(3_000);
    expect(behind.every(({ expected }) => expected === 200)).toBe(true);
    expect(brokers.most).toEqual({ answer: MAX_BYTES, partition: PARTITION_BYTES, looks: CATCHING_UP });
    shared.close();
  });

  it('without a session, a partition that fills every answer keeps none of the others waiting', async () => {
    const { clock, brokers, shared } = setUp(1, 1, 1);
    const subjects = NAMES.map((name) => new Subject(shared, name, 0));
    await clock.advance(1_000);
    brokers.room = 1;
    for (const name of NAMES) brokers.append(name, 5);
    for (let i = 0; i < 300; i++) {
      brokers.append('a/0', 20);
      await clock.advance(1);
    }
    expect(subjects.slice(1).map(({ expected }) => expected)).toEqual([5, 5, 5, 5, 5]);
    shared.close();
  });

  it('patience counts where everybody who shares the fetch has some', async () => {
    for (const [others, fewer] of [
      [50, true],
      [0, false],
    ] as const) {
      const { clock, brokers, shared } = setUp(1, 1, 0);
      new Subject(shared, 'a/0', 0, { patience: 50 });
      new Subject(shared, 'a/0', 0, { patience: others });
      await clock.advance(500);
      brokers.fetches = 0;
      for (let i = 0; i < 200; i++) {
        brokers.append('a/0', 1);
        await clock.advance(5);
      }
      expect(brokers.fetches < 40).toBe(fewer);
      shared.close();
    }
  });
});
