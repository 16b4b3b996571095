import { ManualClock } from '@clatter/memory';
import { type LogError, type LogRecord, SILENT } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { describe, expect, it } from 'vitest';
import { Pace } from '../pace.ts';
import { CATCHING_UP } from './catchUp.ts';
import { MAX_BYTES } from './following.ts';
import { PARTITION_BYTES } from './look.ts';
import type { Reading } from './readable.ts';
import { SharedReading } from './shared.ts';
import { TestBrokers } from './testBrokers.ts';

const NODES = 2;
const NAMES = ['a/0', 'a/1', 'a/2', 'b/0', 'b/1', 'b/2'];
const SEEDS = Number(process.env.READING_SEEDS ?? 25);

/** One reader and what it must be handed next. */
class Subject {
  readonly name: string;
  readonly reading: Reading;
  readonly failures: LogError[] = [];
  expected: number;
  state: 'reading' | 'paused' | 'ended' = 'reading';
  handed = 0;

  constructor(shared: SharedReading, name: string, from: number, { refuses = (): boolean => false, patience = 0, fails = false, dense = true } = {}) {
    this.name = name;
    this.expected = from;
    const [topic = '', partition] = name.split('/');
    const take = (records: readonly LogRecord[], next: number): boolean => {
      expect(this.state).toBe('reading');
      if (refuses()) return false;
      for (const { offset, value } of records) {
        if (dense) expect(offset).toBe(this.expected);
        else expect(offset).toBeGreaterThanOrEqual(this.expected);
        this.expected = offset + 1;
        expect(value).toBe(String(offset));
      }
      expect(next).toBe(this.expected);
      this.handed += records.length;
      return true;
    };
    const failed = (error: LogError): void => {
      if (!fails) expect.unreachable(error.message);
      this.failures.push(error);
      this.state = 'ended';
    };
    this.reading = shared.read({ topic, partition: Number(partition), dense, patience, take, failed }, from);
    this.reading.seek(from);
  }
}

const setUp = (seed = 1, nodes = NODES, refusesSessions = 0.2) => {
  const random = new Random(seed);
  const clock = new ManualClock();
  const brokers = new TestBrokers(clock, random, NAMES, nodes, refusesSessions);
  const startOf = async (topic: string, partition: number): Promise<number> => brokers.starts.get(`${topic}/${partition}`) ?? 0;
  const shared = new SharedReading({ brokers, clock, log: SILENT, pace: () => new Pace(2, 4), startOf });
  return { random, clock, brokers, shared };
};

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

  it('limits kafka.catchingUp, kafka.fetchBytes, kafka.partitionBytes: however many are behind, so many read at once, and so much', async () => {
    const { clock, brokers, shared } = setUp(1, 1);
    for (const name of NAMES) brokers.append(name, 200);
    const behind = [0, 1, 2].flatMap(() => NAMES.map((name) => new Subject(shared, name, 0)));
    await clock.advance(3_000);
    expect(behind.every(({ expected }) => expected === 200)).toBe(true);
    expect(brokers.most).toEqual({ answer: MAX_BYTES, partition: PARTITION_BYTES, looks: CATCHING_UP });
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
