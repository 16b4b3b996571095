import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';

type Row = Readonly<Record<string, string | number | null>>;

/** Runs the program as a user does; its lines of JSON. */
const bench = (...args: string[]): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let rows = '';
    let said = '';
    child.stdout.on('data', (text: Buffer) => {
      rows += text.toString();
    });
    child.stderr.on('data', (text: Buffer) => {
      said += text.toString();
    });
    child.once('exit', (code) => {
      if (code === 0)
        resolve(
          rows
            .trim()
            .split('\n')
            .map((line) => JSON.parse(line) as Row),
        );
      else reject(new Error(`it ended with ${code}:\n${said}`));
    });
  });

it('load: every message is delivered to every member, in both modes', { timeout: 90_000 }, async () => {
  const rows = await bench('--mode', 'bare,embedded', '--rate', '40', '--seconds', '1', '--rooms', '2', '--members', '3');
  expect(rows.map(({ mode, rate, expected, delivered }) => ({ mode, rate, expected, delivered }))).toEqual([
    { mode: 'bare', rate: 40, expected: 120, delivered: 120 },
    { mode: 'embedded', rate: 40, expected: 120, delivered: 120 },
  ]);
  for (const { p50, p99, max, cpuSeconds } of rows) {
    expect(Number(p50)).toBeGreaterThan(0);
    expect(Number(p99)).toBeGreaterThanOrEqual(Number(p50));
    expect(Number(max)).toBeGreaterThanOrEqual(Number(p99));
    if (process.platform === 'linux') expect(Number(cpuSeconds)).toBeGreaterThan(0);
  }
});

it('groups: one row for each mode and size', { timeout: 90_000 }, async () => {
  const rows = await bench('groups', '--mode', 'embedded', '--members', '2,5', '--seconds', '1');
  expect(rows.map(({ members, expected, delivered }) => ({ members, expected, delivered }))).toEqual([
    { members: 2, expected: 60, delivered: 60 },
    { members: 5, expected: 150, delivered: 150 },
  ]);
});

it('idle: sessions stay open', { timeout: 90_000 }, async () => {
  const [row] = await bench('idle', '--sessions', '20', '--seconds', '1');
  expect(row).toMatchObject({ mode: 'embedded', sessions: 20, closed: 0 });
  if (process.platform === 'linux') expect(Number(row?.residentMiB)).toBeGreaterThan(10);
});
