import { expect, it } from 'vitest';
import { growth, percentile, printer, spread } from './figures.ts';

it('a percentile is the smallest value that so many do not exceed (nearest rank)', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => i + 1);
  expect(percentile(hundred, 0.5)).toBe(50);
  expect(percentile(hundred, 0.99)).toBe(99);
  expect(percentile(hundred, 0.991)).toBe(100);
  expect(percentile(hundred, 1)).toBe(100);
  expect(percentile(hundred, 0)).toBe(1);
  expect(percentile([7], 0.5)).toBe(7);
  expect(percentile([1, 2, 3], 0.5)).toBe(2);
  expect(percentile([], 0.5)).toBeNaN();
});

it('nine of ten values below a stall: p50 does not see it, max does', () => {
  expect(spread(Float64Array.from([900, 1, 2, 3, 4, 5, 6, 7, 8, 9.04]))).toEqual({ p50: 5, p99: 900, max: 900 });
});

it('prints lines of JSON, or rows under the names of the fields', () => {
  const lines: string[] = [];
  const print = (line: string): void => void lines.push(line);
  printer(true, print)({ mode: 'bare', p50: 1.5 });
  expect(lines.splice(0)).toEqual(['{"mode":"bare","p50":1.5}']);
  const row = printer(false, print);
  row({ mode: 'bare', p50: 1.5 });
  row({ mode: 'embedded', p50: null });
  expect(lines).toEqual(['    mode       p50', '    bare       1.5', 'embedded         -']);
});

it('prints the columns that were chosen, also of a row that has not all of them', () => {
  const lines: string[] = [];
  const row = printer(false, (line) => void lines.push(line), [
    { field: 'mode', title: 'mode', width: 8 },
    { field: 'cpuMsPerMessage', title: 'services', width: 6 },
  ]);
  row({ mode: 'bare', p50: 1.5, cpuMsPerMessage: 0.1 });
  row({ mode: 'cluster' });
  expect(lines).toEqual(['    mode  services', '    bare       0.1', ' cluster         -']);
});

it('a queue that grows is seen by the last third of what arrived against the first; a stall in between is not taken for one', () => {
  expect(growth(Float64Array.from([1, 2, 3, 10, 20, 30, 100, 200, 300]))).toBe(198);
  expect(growth(Float64Array.from([5, 5, 5, 900, 900, 900, 5, 6, 5]))).toBe(0);
  expect(growth(Float64Array.from([5, 9]))).toBe(0);
});
