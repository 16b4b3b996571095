import { Random } from '@clatter/testing';
import { expect, it } from 'vitest';
import type { PresenceRules } from './rules.ts';
import { Schedule } from './schedules.ts';

const SEEDS = 300;

/** The first seed whose schedule presence gets wrong, and how. */
const firstWrong = (rules: PresenceRules): string | undefined => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const random = new Random(seed);
    try {
      new Schedule((n) => random.below(n), rules).run(120);
    } catch (error) {
      return `seed ${seed}: ${error instanceof Error ? error.message : error}`;
    }
  }
  return undefined;
};

it(`${SEEDS} random schedules end in the right statuses, and say nothing wrong on the way`, () => {
  expect(firstWrong({})).toBeUndefined();
});

it.each([
  ['grace', /within the grace/],
  ['lost', /presence says/],
  ['logAway', /said to be (lost|offline)/],
] as const)('without the rule `%s` some go wrong', (rule, how) => {
  expect(firstWrong({ [rule]: false })).toMatch(how);
});
