import { describe, expect, it } from 'vitest';
import type { ProfileName } from './profiles.ts';
import { run } from './run.ts';

/** Seeds that once showed a defect. They mean the schedules of that day: what each showed stands beside it. */
const ONCE_BROKEN: readonly (readonly [profile: ProfileName, seed: number])[] = [
  ['mixed', 5], // a partition given back while its last records were not read back yet
  ['mixed', 146], // `unavailable` said of a ref that an earlier copy of stood in the log
  ['mixed', 218], // a rejection in a conversation that did not exist yet was not remembered
  ['slow', 123], // frames that a sync had overtaken put back messages that it had left out
];

/** Faults that must occur for a run of seeds to mean anything. */
const FAULTS = [
  ...['owner', 'projector', 'router', 'edge'].flatMap((role) => [`kill ${role}`, `freeze ${role}`]),
  ...['owner ask', 'owner expel', 'projector ask', 'projector expel', 'alone owner', 'alone projector', 'deaf router', 'drain edge'],
  ...['append fail', 'append lost', 'append written', 'append late', 'append double', 'late write'],
  ...['cut', 'slow client', 'restart client', 'new device'],
];

describe('simulation', () => {
  it('keeps every promise on 160 seeds, with every kind of fault', { timeout: 120_000 }, async () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 160; seed++) {
      const { violation, faults } = await run(seed);
      expect(violation, `seed ${seed}`).toBeUndefined();
      for (const fault of Object.keys(faults)) seen.add(fault);
    }
    expect(FAULTS.filter((fault) => !seen.has(fault))).toEqual([]);
  });

  for (const [profile, seed] of ONCE_BROKEN)
    it(`keeps seed ${seed} of ${profile}`, async () => {
      expect((await run(seed, { profile })).violation).toBeUndefined();
    });

  it('is the same run for the same seed', async () => {
    const [a, b] = [await run(7), await run(7)];
    expect(a).toEqual(b);
  });
});
