import { parseArgs } from 'node:util';
import { PROFILE_NAMES, type ProfileName } from './profiles.ts';

export const USAGE = `npm run sim -- [options]

  --seeds N        how many seeds are run (200)
  --from N         the first (1)
  --profile NAME   one kind of world: ${PROFILE_NAMES.join(', ')}
  --trace          print every step
  --without A[,B]  switch these rules off; stops after three violations
  --removals       instead: how soon each missing rule shows; --rules A[,B] only these
  --enough N       of --removals: seeds that show a rule before the next one is taken (10)

Ends with 0: no violation. 1: violations. 2: used wrongly.
`;

export type SimOptions = {
  readonly help: boolean;
  readonly seeds: number;
  readonly from: number;
  readonly profile: ProfileName | undefined;
  readonly trace: boolean;
  readonly without: readonly string[];
  readonly removals: boolean;
  readonly rules: readonly string[] | undefined;
  readonly enough: number;
};

/** @throws {Error} naming the option that does not fit */
export const readOptions = (args: readonly string[]): SimOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seeds: { type: 'string', default: '200' },
      from: { type: 'string', default: '1' },
      profile: { type: 'string' },
      trace: { type: 'boolean', default: false },
      without: { type: 'string' },
      removals: { type: 'boolean', default: false },
      rules: { type: 'string' },
      enough: { type: 'string', default: '10' },
    },
  });
  return {
    ...values,
    seeds: positive('seeds', values.seeds),
    from: positive('from', values.from),
    enough: positive('enough', values.enough),
    profile: values.profile === undefined ? undefined : profileNamed(values.profile),
    without: values.without?.split(',') ?? [],
    rules: values.rules?.split(','),
  };
};

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a number, 1 or more, not ${text}.`);
  return value;
};

const profileNamed = (name: string): ProfileName => {
  const found = PROFILE_NAMES.find((p) => p === name);
  if (!found) throw new Error(`There is no profile ${name}; there are ${PROFILE_NAMES.join(', ')}.`);
  return found;
};
