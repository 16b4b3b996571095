import { readOptions, type SimOptions, USAGE } from './options.ts';
import type { ProfileName } from './profiles.ts';
import { both, PAIRS, REMOVALS, type SimRules } from './rules.ts';
import { run } from './run.ts';

const RULES = Object.keys({ ...REMOVALS, ...PAIRS });
const noRule = (name: string): Error => new Error(`There is no rule ${name}; there are ${RULES.join(', ')}.`);

/** `--without RULE` or `--without A,B`. */
const removed = (names: readonly string[]): { rules: SimRules; profile?: ProfileName } => {
  let all: { rules: SimRules; profile?: ProfileName } = { rules: {} };
  for (const name of names) {
    const one =
      REMOVALS[name] ??
      Object.entries(PAIRS)
        .map(([pair, [a, b, profile]]) => ({ rules: pair.startsWith(`${name} `) ? a : b, profile, pair }))
        .find(({ pair }) => pair.split(' and ').includes(name));
    if (!one) throw noRule(name);
    all = { rules: both(all.rules, one.rules), profile: one.profile };
  }
  return all;
};

/** For each rule how many seeds show that it is missing, and how soon. */
const table = async ({ seeds, from, enough, profile: wish, rules: only }: SimOptions): Promise<void> => {
  const pairs = Object.entries(PAIRS).map(([name, [a, b, profile]]) => [name, { rules: both(a, b), profile }] as const);
  for (const [name, { rules, profile: usual }] of [...Object.entries(REMOVALS), ...pairs]) {
    if (only !== undefined && !only.includes(name)) continue;
    const profile = wish ?? usual;
    const began = Date.now();
    const caught: number[] = [];
    const kinds: Record<string, number> = {};
    let first = 0;
    let done = 0;
    for (let seed = from; seed < from + seeds && caught.length < enough; seed++) {
      const { violation } = await run(seed, { rules, profile });
      done++;
      if (!violation) continue;
      caught.push(seed);
      if (caught.length === 1) first = Date.now() - began;
      const kind = violation.name === 'Violation' ? violation.message.slice(0, 2) : violation.name;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
    const share = caught.length === 0 ? 'never' : `one in ${Math.round((10 * done) / caught.length) / 10}`;
    console.log(
      `${name} | ${profile} | ${share} (${caught.length} of ${done}) | first seed ${caught[0] ?? '-'}, ${first} ms | ${JSON.stringify(kinds)} | ${Date.now() - began} ms`,
    );
  }
};

const search = async ({ seeds, from, without, trace, profile: wish }: SimOptions): Promise<number> => {
  const removal = removed(without);
  const profile = wish ?? removal.profile;
  let [steps, commands, violations, told] = [0, 0, 0, Date.now()];
  const faults: Record<string, number> = {};
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await run(seed, {
      rules: removal.rules,
      ...(profile === undefined ? {} : { profile }),
      ...(trace ? { trace: (line: string) => console.log(line) } : {}),
    });
    steps += result.steps;
    commands += result.commands;
    for (const [fault, n] of Object.entries(result.faults)) faults[fault] = (faults[fault] ?? 0) + n;
    if (result.violation) {
      violations++;
      console.log(`seed ${seed}: ${result.violation.message}`);
      if (result.violation.name !== 'Violation') console.log(result.violation.stack);
      if (without.length > 0 && violations >= 3) break;
    }
    if (Date.now() - told > 10_000) {
      told = Date.now();
      console.log(`… seed ${seed}, ${steps} steps, ${violations} violations`);
    }
  }
  const total = Object.values(faults).reduce((sum, n) => sum + n, 0);
  console.log(JSON.stringify(Object.fromEntries(Object.entries(faults).sort())));
  console.log(`seeds ${seeds} (${from} to ${from + seeds - 1}), steps ${steps}, commands ${commands}, faults ${total}, violations ${violations}`);
  return violations;
};

const main = async (): Promise<number> => {
  let options: SimOptions;
  try {
    options = readOptions(process.argv.slice(2));
    removed(options.without);
    for (const rule of options.rules ?? []) if (!RULES.includes(rule)) throw noRule(rule);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (options.help) console.log(USAGE);
  else if (options.removals) await table(options);
  else return (await search(options)) > 0 ? 1 : 0;
  return 0;
};

process.exit(await main());
