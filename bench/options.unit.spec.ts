import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('measures all modes at four rates when nothing is said', () => {
  const { program, options } = readOptions([]);
  expect(program).toBe('load');
  expect(options).toMatchObject({
    modes: ['bare', 'embedded', 'cluster', 'cluster-apart'],
    rates: [300, 1_000, 2_000, 3_000],
    members: [10],
    warm: 60,
    json: false,
  });
});

it('takes lists, and another program', () => {
  const { program, options } = readOptions(['groups', '--mode', 'bare', '--members', '10,100', '--seconds', '2', '--json']);
  expect(program).toBe('groups');
  expect(options).toMatchObject({ modes: ['bare'], members: [10, 100], seconds: 2, rates: [], json: true });
  expect(readOptions(['idle', '--help']).program).toBe('help');
});

it('takes lists also one by one', () => {
  const { options } = readOptions([
    'load',
    '--mode',
    'cluster',
    '--mode',
    'cluster-apart',
    '--rate',
    '300',
    '--rate',
    '1000,2000',
    '--warm',
    '0',
    '--settle',
    '5',
    '--steps',
    '200,100',
  ]);
  expect(options).toMatchObject({ modes: ['cluster', 'cluster-apart'], rates: [300, 1_000, 2_000], warm: 0, settle: 5, steps: [100, 200] });
});

it('names what does not fit', () => {
  expect(() => readOptions(['--rate', 'fast'])).toThrow('--rate takes numbers above 0, not fast');
  expect(() => readOptions(['--mode', 'cloud'])).toThrow('--mode is one of bare, embedded, cluster, cluster-apart, not cloud');
  expect(() => readOptions(['groups', '--mode', 'cluster-apart'])).toThrow('--mode cluster-apart belongs to load, not to groups');
  expect(() => readOptions(['--warm', '-1'])).toThrow('--warm');
  expect(() => readOptions(['loud'])).toThrow('There is no program loud.');
  expect(() => readOptions(['--speed', '9'])).toThrow('--speed');
});
