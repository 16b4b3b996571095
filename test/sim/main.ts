import { PROFILE_NAMES, type ProfileName } from './profiles.ts';
import { both, PAIRS, REMOVALS, type SimRules } from './rules.ts';
import { run } from './run.ts';

const text = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
};
const option = (name: string, otherwise: number): number => Number(text(name) ?? otherwise);
const profileNamed = (name: string): ProfileName => {
  const found = PROFILE_NAMES.find((p) => p === name);
  if (!found) throw new Error(`There is no profile ${name}; there are ${PROFILE_NAMES.join(', ')}.`);
  return found;
};

/** `--without RULE` or `--without A,B`. */
const removed = (names: readonly string[]): { rules: SimRules; profile?: ProfileName } => {
  let all: { rules: SimRules; profile?: ProfileName } = { rules: {} };
  for (const name of names) {
    const one =
      REMOVALS[name] ??
      Object.entries(PAIRS)
        .map(([pair, [a, b, profile]]) => ({ rules: pair.startsWith(`${name} `) ? a : b, profile, pair }))
        .find(({ pair }) => pair.split(' and ').includes(name));
    if (!one) throw new Error(`There is no rule ${name}; there are ${Object.keys({ ...REMOVALS, ...PAIRS }).join(', ')}.`);
    all = { rules: both(all.rules, one.rules), profile: one.profile };
  }
  return all;
};

const seeds = option('seeds', 200);
const from = option('from', 1);

/** For each rule how many seeds show that it is missing, and how soon. */
const table = async (only: string | undefined): Promise<void> => {
  const pairs = Object.entries(PAIRS).map(([name, [a, b, profile]]) => [name, { rules: both(a, b), profile }] as const);
  const wish = text('profile') === undefined ? undefined : profileNamed(text('profile') as string);
  for (const [name, { rules, profile: usual }] of [...Object.entries(REMOVALS), ...pairs]) {
    if (only !== undefined && !only.split(',').includes(name)) continue;
    const profile = wish ?? usual;
    const began = Date.now();
    const caught: number[] = [];
    const kinds: Record<string, number> = {};
    let first = 0;
    let done = 0;
    for (let seed = from; seed < from + seeds && caught.length < option('enough', 10); seed++) {
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

const search = async (): Promise<number> => {
  const without = text('without');
  const removal = removed(without?.split(',') ?? []);
  const wish = text('profile');
  const profile = wish === undefined ? removal.profile : profileNamed(wish);
  const tracing = process.argv.includes('--trace');
  let [steps, commands, violations, told] = [0, 0, 0, Date.now()];
  const faults: Record<string, number> = {};
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await run(seed, {
      rules: removal.rules,
      ...(profile === undefined ? {} : { profile }),
      ...(tracing ? { trace: (line: string) => console.log(line) } : {}),
    });
    steps += result.steps;
    commands += result.commands;
    for (const [fault, n] of Object.entries(result.faults)) faults[fault] = (faults[fault] ?? 0) + n;
    if (result.violation) {
      violations++;
      console.log(`seed ${seed}: ${result.violation.message}`);
      if (result.violation.name !== 'Violation') console.log(result.violation.stack);
      if (without && violations >= 3) break;
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

if (process.argv.includes('--removals')) await table(text('removals')?.startsWith('--') ? undefined : text('removals'));
else process.exit((await search()) > 0 ? 1 : 0);
