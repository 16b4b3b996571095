import type { Answer } from '@clatter/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, decodeCursor, encodeCursor } from './cursor.ts';
import { directId, directUsers } from './names.ts';
import { murmur2, partitionOf } from './partitioner.ts';
import { Ring } from './ring.ts';
import { TokenBucket } from './tokenBucket.ts';
import { makeUuid7, nextRef, type RefState, timeOfUuid7 } from './uuid7.ts';
import { forgettable, judge, remember, type Window } from './window.ts';

describe('partitioner', () => {
  it("agrees with the vectors of Kafka's own tests (UtilsTest.testMurmur2)", () => {
    const vectors = {
      21: -973932308,
      foobar: -790332482,
      'a-little-bit-long-string': -985981536,
      'a-little-bit-longer-string': -1486304829,
      lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8: -58897971,
      abc: 479470107,
    };
    for (const [key, hash] of Object.entries(vectors)) expect(murmur2(key), key).toBe(hash);
  });

  it('stays within the partitions', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 64 }), (key, n) => {
        expect(partitionOf(key, n)).toBeLessThan(n);
        expect(partitionOf(key, n)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('cursor', () => {
  it('comes back as it went', () => {
    const offsets = fc.array(fc.integer({ min: -1, max: 2 ** 40 }), { minLength: 1, maxLength: 24 });
    fc.assert(
      fc.property(offsets, offsets, (events, marks) => {
        const cursor = { logId: 'a_B-1', at: { 'messaging.events': events, 'messaging.marks': marks } };
        expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
      }),
    );
  });

  it('refuses what is none', () => {
    for (const text of ['', '1', '1.x.', '2.x.a=1', '1.x.a=1,-5', '1.x.a', '1.x.a=1;;']) expect(() => decodeCursor(text), text).toThrow();
  });

  it('covers what it is at or beyond', () => {
    expect(covers({ a: [3, 4] }, { a: [3, 4] })).toBe(true);
    expect(covers({ a: [3, 3] }, { a: [3, 4] })).toBe(false);
    expect(covers({}, { a: [-1] })).toBe(true);
  });
});

describe('refs', () => {
  it('strictly increase as bytes, whatever the clock does', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_050 }), { minLength: 2, maxLength: 200 }), (times) => {
        let state: RefState | undefined;
        let last = '';
        for (const now of times) {
          state = nextRef(state, now);
          const ref = makeUuid7(state.ms, state.counter, 0.5, 0.999);
          expect(ref > last).toBe(true);
          expect(ref).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
          last = ref;
        }
      }),
    );
  });

  it('carry their time', () => expect(timeOfUuid7(makeUuid7(1_700_000_000_123, 7, 0, 0))).toBe(1_700_000_000_123));
});

describe('window', () => {
  const at = 1_700_000_000_000;
  const ref = (i: number): string => makeUuid7(at + i, 0, 0, 0);
  const command = (i: number) => ({
    id: ref(i),
    name: 'x',
    key: 'k',
    actor: { user: 'u', session: 's', device: 'd' },
    origin: { edge: 'e', session: 's', ref: ref(i) },
    data: {},
  });
  const answer = (i: number): Answer => ({ outcome: 'accepted', data: { number: i } });

  it('limit windowRefs: gives the first answer to every ref that it remembers, and refuses unknown ones at or below its horizon (P2)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat({ max: 500 }), { minLength: 1, maxLength: 120 }), fc.integer({ min: 1, max: 64 }), (order, size) => {
        const increasing = [...order].sort((a, b) => a - b);
        let window: Window | undefined;
        for (const i of increasing) window = remember(window, ref(i), answer(i), at, size);
        increasing.forEach((i, n) => {
          const kept = n >= increasing.length - size;
          expect(judge(window, command(i), at + 1_000)).toEqual(kept ? { is: 'duplicate', of: answer(i) } : { is: 'refused', code: 'stale_id' });
        });
        expect(judge(window, command(501), at + 1_000)).toEqual({ is: 'new' });
      }),
    );
  });

  it('counts for 31 days after its last command and may be forgotten a day later, when all that it remembered is stale', () => {
    const day = 86_400_000;
    const window = remember(undefined, ref(0), answer(0), at);
    expect(judge(window, command(0), at + 31 * day - 1)).toEqual({ is: 'duplicate', of: answer(0) });
    expect(judge(window, command(0), at + 31 * day)).toEqual({ is: 'refused', code: 'stale_id' });
    expect(judge(undefined, command(300_000), at + 31 * day)).toEqual({ is: 'refused', code: 'stale_id' }); // the latest that it can hold
    expect([31, 32].map((days) => forgettable(window, at + days * day))).toEqual([false, true]);
    expect(remember(window, ref(40 * day), answer(1), at + 40 * day).seen).toEqual([{ ref: ref(40 * day), answer: answer(1) }]);
  });

  it('limits refAge, refAhead: refuses refs from beyond thirty days and from the future', () => {
    expect(judge(undefined, command(0), at + 31 * 86_400_000)).toEqual({ is: 'refused', code: 'stale_id' });
    expect(judge(undefined, command(0), at - 301_000)).toEqual({ is: 'refused', code: 'clock_skew' });
  });
});

describe('ring', () => {
  it('limit router.ringBytes: gives what lies between two offsets, as a plain list would, and knows what it has forgotten', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ gap: fc.nat({ max: 2 }), bytes: fc.integer({ min: 1, max: 50 }) }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 600 }),
        (steps, maxBytes) => {
          const ring = new Ring<number>(0);
          const all: number[] = [];
          let offset = -1;
          for (const { gap, bytes } of steps) {
            offset += gap + 1;
            ring.push({ offset, at: offset, bytes, channels: [String(offset % 3)], record: offset });
            all.push(offset);
            ring.trim(maxBytes, Number.NEGATIVE_INFINITY);
          }
          expect(ring.bytes).toBeLessThanOrEqual(maxBytes);
          expect(ring.position).toBe(offset);
          expect(ring.between(ring.low, offset, (channels) => channels.includes('1'))).toEqual(all.filter((o) => o > ring.low && o % 3 === 1));
        },
      ),
    );
  });
});

describe('token bucket', () => {
  it('lets the burst through at once and the rate over time, and says how long to wait', () => {
    const bucket = new TokenBucket(10, 5, 0);
    expect([1, 2, 3, 4, 5].map(() => bucket.take(0))).toEqual([0, 0, 0, 0, 0]);
    expect(bucket.take(0)).toBe(100);
    expect(bucket.take(100)).toBe(0);
    expect(bucket.take(100)).toBeGreaterThan(0);
  });

  it('gives never more than burst and rate allow, in whatever steps it is asked, and what it tells to wait is enough', () => {
    const steps = fc.array(fc.record({ pause: fc.nat({ max: 500 }), cost: fc.integer({ min: 1, max: 5 }) }), { minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 100 }), fc.integer({ min: 5, max: 50 }), (asked, rate, burst) => {
        const bucket = new TokenBucket(rate, burst, 0);
        let [now, given] = [0, 0];
        for (const { pause, cost } of asked) {
          now += pause;
          const wait = bucket.take(now, cost);
          if (wait === 0) given += cost;
          else {
            now += wait;
            expect(bucket.take(now, cost)).toBe(0);
            given += cost;
          }
          expect(given).toBeLessThanOrEqual(burst + (now / 1_000) * rate + 1e-6);
        }
      }),
    );
  });
});

describe('names', () => {
  it('a direct conversation is the same from both sides', () => {
    expect(directId('b', 'a')).toBe(directId('a', 'b'));
    expect(directUsers(directId('b', 'a'))).toEqual(['a', 'b']);
    expect(directUsers('d.b.a')).toBeUndefined();
    expect(directUsers('0192-x')).toBeUndefined();
  });
});
