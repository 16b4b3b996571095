import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, type Fence, NO_FENCE, type Stamp, stampOf } from './fence.ts';

const stamp: fc.Arbitrary<Stamp> = fc.oneof(
  fc.record({ epoch: fc.integer({ min: 1, max: 6 }), claim: fc.constantFrom('a', 'b') }),
  fc.record({ epoch: fc.integer({ min: 1, max: 6 }), command: fc.integer({ min: 0, max: 12 }) }),
);

const read = (log: readonly Stamp[], fence: Fence): { readonly admitted: boolean[]; readonly fences: Fence[] } => {
  const admitted: boolean[] = [];
  const fences = [fence];
  for (let offset = fence.offset; offset < log.length; offset++) {
    const verdict = admit(fences.at(-1) as Fence, log[offset] as Stamp, offset);
    admitted.push(verdict.admitted);
    fences.push(verdict.fence);
  }
  return { admitted, fences };
};

describe('fence', () => {
  it('gives every reader the same records, wherever it starts with a stored fence (P2, P5)', () => {
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 40 }), fc.nat(), (log, pick) => {
        const whole = read(log, NO_FENCE);
        const from = pick % (log.length + 1);
        const later = read(log, whole.fences[from] as Fence);
        expect(later.admitted).toEqual(whole.admitted.slice(from));
      }),
    );
  });

  it('admits a command at most once, and commands in growing order only', () => {
    fc.assert(
      fc.property(fc.array(stamp, { maxLength: 60 }), (log) => {
        const { admitted } = read(log, NO_FENCE);
        const commands = log.flatMap((s, i) => (admitted[i] && 'command' in s ? [s.command] : []));
        expect(commands).toEqual([...new Set(commands)].sort((a, b) => a - b));
      }),
    );
  });

  it('drops everything of an owner after a greater claim', () => {
    const log: Stamp[] = [
      { epoch: 1, claim: 'a' },
      { epoch: 1, command: 0 },
      { epoch: 2, claim: 'b' },
      { epoch: 1, command: 1 },
      { epoch: 2, command: 1 },
      { epoch: 2, command: 1 },
    ];
    expect(read(log, NO_FENCE).admitted).toEqual([true, true, true, false, true, false]);
  });

  it('refuses headers that are not those of an event log', () => {
    expect(() => stampOf({})).toThrow();
    expect(() => stampOf({ e: '1' })).toThrow();
    expect(() => stampOf({ e: 'x', c: '1' })).toThrow();
    expect(stampOf({ e: '3', c: '4' })).toEqual({ epoch: 3, command: 4 });
    expect(stampOf({ e: '3', o: 'me' })).toEqual({ epoch: 3, claim: 'me' });
  });
});
