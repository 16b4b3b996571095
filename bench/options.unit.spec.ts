import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('measures all modes at four rates when nothing is said', () => {
  const { program, options } = readOptions([]);
  expect(program).toBe('load');
  expect(options).toMatchObject({ modes: ['bare', 'embedded', 'cluster'], rates: [300, 1_000, 2_000, 3_000], members: [10], json: false });
});

it('takes lists, and another program', () => {
  const { program, options } = readOptions(['groups', '--mode', 'bare', '--members', '10,100', '--seconds', '2', '--json']);
  expect(program).toBe('groups');
  expect(options).toMatchObject({ modes: ['bare'], members: [10, 100], seconds: 2, rates: [], json: true });
  expect(readOptions(['idle', '--help']).program).toBe('help');
});

it('names what does not fit', () => {
  expect(() => readOptions(['--rate', 'fast'])).toThrow('--rate takes numbers above 0, not fast');
  expect(() => readOptions(['--mode', 'cloud'])).toThrow('--mode is one of bare, embedded, cluster, not cloud');
  expect(() => readOptions(['loud'])).toThrow('There is no program loud.');
  expect(() => readOptions(['--speed', '9'])).toThrow('--speed');
});
