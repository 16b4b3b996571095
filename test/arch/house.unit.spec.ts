import { spawnSync } from 'node:child_process';
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url).pathname;
const bin = (name: string): string => join(root, 'node_modules/.bin', name);

/** Runs a tool of the house; its output is the test's message. */
const tool = (name: string, ...args: string[]): { readonly ok: boolean; readonly output: string } => {
  const done = spawnSync(bin(name), args, { cwd: root, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
  return { ok: done.status === 0, output: `${done.stdout}${done.stderr}`.slice(-4_000) };
};

describe('the house', () => {
  it('passes the type check', { timeout: 120_000 }, () => {
    const { ok, output } = tool('tsc', '-b');
    expect(ok, output).toBe(true);
  });

  it('passes the linter', { timeout: 60_000 }, () => {
    const { ok, output } = tool('biome', 'check', '.');
    expect(ok, output).toBe(true);
  });

  it('has no unused file, export or dependency', { timeout: 120_000 }, () => {
    const { ok, output } = tool('knip');
    expect(ok, output).toBe(true);
  });
});

const cruise = (...paths: string[]): { readonly cruised: number; readonly broken: string[] } => {
  const { output } = {
    output: spawnSync(bin('depcruise'), [...paths, '--config', '.dependency-cruiser.mjs', '--output-type', 'json'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }).stdout,
  };
  const { summary } = JSON.parse(output) as { summary: { totalCruised: number; violations: { rule: { name: string }; from: string; to: string }[] } };
  return { cruised: summary.totalCruised, broken: summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`) };
};

describe('the import law', () => {
  it('is kept', { timeout: 120_000 }, () => {
    const { cruised, broken } = cruise('libs', 'services', 'apps');
    expect(cruised).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });

  it('is broken by a planted import', { timeout: 120_000 }, () => {
    const folder = join(root, 'libs/kernel/src/planted');
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(join(folder, 'planted.ts'), "export { openSqliteLog } from '../../../sqlite/src/index.ts';\nexport { readFileSync } from 'node:fs';\n");
      const { broken } = cruise('libs/kernel/src/planted');
      expect(broken.join('\n')).toContain('kernel-is-pure');
      expect(broken.join('\n')).toContain('kernel-has-no-node');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('time, randomness, the environment and the console come in at composition roots only', () => {
    const allowed = /(^|\/)main\.ts$|^libs\/(runtime|cluster)\/|spec\.ts$|\.contract\.ts$|^apps\/|transport\.web\.ts$|connection\.ws\.ts$|mend\.kafka\.ts$/; // the last: timers of sockets
    const word = /\b(Date\.now|Math\.random|process\.env|console\.|setInterval\()/;
    const broken = globSync('{libs,services,apps}/*/src/**/*.ts', { cwd: root })
      .filter((file) => !allowed.test(file))
      .flatMap((file) => (word.test(readFileSync(join(root, file), 'utf8')) ? [file] : []));
    expect(broken).toEqual([]);
  });
});
