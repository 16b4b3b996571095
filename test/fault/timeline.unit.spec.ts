import { expect, it } from 'vitest';
import { explain, type Moment, momentOf } from './timeline.ts';

const line = (at: number, msg: string, more: object = {}): string => JSON.stringify({ level: 30, time: new Date(at).toISOString(), msg, ...more });

it('what an owner says of its partitions is kept, and nothing else', () => {
  expect(momentOf(line(5_000, 'joined', { group: 'clatter.messaging.owner', partitions: [1] }), 'messaging 1')).toEqual({
    at: 5_000,
    who: 'messaging 1',
    what: 'joined',
  });
  expect(momentOf(line(5_000, 'leads', { partition: 1 }), 'messaging 1')?.what).toBe('leads');
  for (const other of [line(5_000, 'joined', { group: 'clatter.messaging.projector.1' }), line(5_000, 'routed'), 'Killed', ''])
    expect(momentOf(other, 'messaging 1')).toBeUndefined();
});

it('a stall is told in its parts, with what was done meanwhile', () => {
  const moments: Moment[] = (
    [
      [500, 'leads'],
      [2_600, 'rejoins'],
      [2_900, 'joined'],
      [3_000, 'leads'],
      [3_100, 'leads'],
      [9_000, 'leads'],
    ] as const
  ).map(([at, what]) => ({ at, who: 'messaging 1', what }));
  const faults = [
    { from: 900, to: 2_000, text: 'kill messaging 2' },
    { from: 8_000, to: 9_000, text: 'freeze edge 4' },
  ];
  expect(explain({ from: 1_000, to: 3_300 }, faults, moments)).toBe(
    '2.3 s: detection 1.6 s, rebalance 0.3 s, replay 0.2 s, first answer 0.2 s; kill messaging 2 (from -0.1 s on, all was back at 1.0 s)',
  );
  expect(explain({ from: 5_000, to: 6_000 }, faults, moments)).toBe('1.0 s: first answer 1.0 s; nothing was done to any process');
});
