import { describe, expect, it } from 'vitest';
import type { ProfileName } from './profiles.ts';
import { both, type Removal, type SimRules } from './rules.ts';
import { run } from './run.ts';

const SEEDS = 600;

const isCaught = async (rules: SimRules, profile: ProfileName): Promise<boolean> => {
  for (let seed = 1; seed <= SEEDS; seed++) if ((await run(seed, { rules, profile })).violation) return true;
  return false;
};

/** One test a rule: some schedule breaks a promise without it. */
export const everyRuleIsNeeded = (what: string, removals: Readonly<Record<string, Removal>>): void => {
  describe(`simulation: every rule of ${what} is needed`, () => {
    for (const [name, { rules, profile }] of Object.entries(removals))
      it(`without ${name} a promise breaks`, { timeout: 120_000 }, async () => {
        expect(await isCaught(rules, profile), `one of ${SEEDS} seeds breaks`).toBe(true);
      });
  });
};

/** Two rules that cover each other: each is enough, none is too little. */
export const oneOfTwoIsNeeded = (pairs: Readonly<Record<string, readonly [SimRules, SimRules, ProfileName]>>): void => {
  describe('simulation: rules that cover each other', () => {
    for (const [name, [a, b, profile]] of Object.entries(pairs))
      it(`without ${name} a promise breaks, with one of them none`, { timeout: 120_000 }, async () => {
        expect(await isCaught(both(a, b), profile), `one of ${SEEDS} seeds breaks without both`).toBe(true);
        for (let seed = 1; seed <= 20; seed++)
          for (const rules of [a, b]) expect((await run(seed, { rules, profile })).violation, `seed ${seed} with one of them`).toBeUndefined();
      });
  });
};
