import { expect, it } from 'vitest';
import { run } from './run.ts';

it('read models are rebuilt and switched in the middle of a faulty run: every promise is kept on 60 seeds', { timeout: 300_000 }, async () => {
  const faults: Record<string, number> = {};
  for (let seed = 1; seed <= 60; seed++) {
    const { violation, faults: seen } = await run(seed, { rebuild: true });
    expect(violation, `seed ${seed}`).toBeUndefined();
    for (const [fault, n] of Object.entries(seen)) faults[fault] = (faults[fault] ?? 0) + n;
  }
  expect(faults.rebuild).toBeGreaterThan(60);
  expect(faults['kill rebuild']).toBeGreaterThan(10);
});

it('without queries that read one generation a promise breaks', { timeout: 300_000 }, async () => {
  for (let seed = 101; seed <= 500; seed++) {
    const { violation } = await run(seed, { rebuild: true, rules: { query: { pinned: false } } });
    if (violation) return;
  }
  expect.unreachable('400 seeds passed');
});
