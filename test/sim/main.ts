import { REMOVALS } from './rules.ts';
import { run } from './run.ts';

const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const text = (name: string): string | undefined => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? undefined : process.argv[at + 1];
};

const seeds = option('seeds', 200);
const from = option('from', 1);
const without = text('without');
const removal = without === undefined ? undefined : REMOVALS[without];
if (without !== undefined && !removal) throw new Error(`There is no rule ${without}; there are ${Object.keys(REMOVALS).join(', ')}.`);
const profile = option('profile', removal?.profile ?? -1);
const tracing = process.argv.includes('--trace');

let steps = 0;
let commands = 0;
let violations = 0;
const faults: Record<string, number> = {};
let told = Date.now();
for (let seed = from; seed < from + seeds; seed++) {
  const result = await run(seed, {
    ...(removal ? { rules: removal.rules } : {}),
    ...(profile >= 0 ? { profile } : {}),
    ...(tracing ? { trace: (line: string) => console.log(line) } : {}),
  });
  steps += result.steps;
  commands += result.commands;
  for (const [fault, n] of Object.entries(result.faults)) faults[fault] = (faults[fault] ?? 0) + n;
  if (result.violation) {
    violations++;
    console.log(`seed ${seed}: ${result.violation.message}`);
    if (result.violation.name !== 'Violation') console.log(result.violation.stack);
    if (removal && violations >= 3) break;
  }
  if (Date.now() - told > 10_000) {
    told = Date.now();
    console.log(`… seed ${seed}, ${steps} steps, ${violations} violations`);
  }
}
const total = Object.values(faults).reduce((sum, n) => sum + n, 0);
console.log(JSON.stringify(faults));
console.log(`seeds ${seeds} (${from} to ${from + seeds - 1}), steps ${steps}, commands ${commands}, faults ${total}, violations ${violations}`);
process.exit(violations > 0 ? 1 : 0);
