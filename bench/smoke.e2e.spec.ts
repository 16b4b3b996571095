import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { describeOn } from '../test/testbed/suite.ts';
import type { Row } from './figures.ts';

/** Runs the program as a user does; its lines of JSON. */
const bench = (...args: string[]): Promise<Row[]> => benchWith({}, ...args);

const benchWith = (env: Readonly<Record<string, string>>, ...args: string[]): Promise<Row[]> =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [new URL('./main.ts', import.meta.url).pathname, ...args, '--json'], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
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

it("a caller's settings reach the servers, before those of the bench", { timeout: 30_000 }, async () => {
  await expect(benchWith({ CLATTER_ARGON2_KIB: 'plenty' }, '--mode', 'embedded', '--seconds', '1')).rejects.toThrow(/CLATTER_ARGON2_KIB.*plenty/s);
});

await describeOn(['kafka', 'mongo'], 'on Kafka and MongoDB', () => {
  it('warms the broker up, measures a cluster, finds its saturation rate and measures at shares of it', { timeout: 240_000 }, async () => {
    const load = ['--rate', '40', '--seconds', '1', '--rooms', '4', '--members', '3'];
    const brief = ['--warm', '1', '--settle', '0', '--steps', '40'];
    const told = await benchWith({ CLATTER_PARTITIONS: '2' }, '--mode', 'cluster', '--mode', 'cluster-apart', ...load, ...brief);
    const [warmUp, cluster, saturation, ...apart] = told;
    expect(warmUp).toMatchObject({ what: 'warm-up', flat: false });
    expect(cluster).toMatchObject({ mode: 'cluster', rate: 40, expected: 120, delivered: 120, settings: 'CLATTER_PARTITIONS=2' });
    const parts = ['cpuMsPerMessage', 'edgeCpuMsPerMessage', 'messagingCpuMsPerMessage', 'otherServicesCpuMsPerMessage'];
    if (process.platform === 'linux') for (const part of parts) expect(cluster?.[part], part).toBeTypeOf('number');
    expect(saturation).toMatchObject({ what: 'saturation' });
    const rate = saturation?.rate ?? null;
    // where other work takes the cores no rate may hold: then it says so
    expect(apart.map(({ mode, share, saturation }) => ({ mode, share, saturation }))).toEqual(
      rate === null ? [] : ['1/10', '1/4'].map((share) => ({ mode: 'cluster-apart', share, saturation: rate })),
    );
  });
});
