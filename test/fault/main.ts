import { run } from './run.ts';

// npm run fault -- --minutes 3 [--seed N] [--people 8] [--brokers 1|3]
const option = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? otherwise : Number(process.argv[at + 1]);
};
const seed = option('seed', Date.now() % 1_000_000);
console.log(`seed ${seed}`);
const result = await run({
  seed,
  seconds: option('minutes', 3) * 60,
  people: option('people', 8),
  brokers: option('brokers', 1) === 3 ? 3 : 1,
  say: (text) => console.log(text),
});
for (const violation of result.violations.slice(0, 50)) console.log(`VIOLATION ${violation}`);
const { kills, freezes, restarts, acknowledged, refused, unknown, lost, doubled, reordered, longestStall, violations } = result;
console.log(
  `kills ${kills}, freezes ${freezes}, restarts ${restarts}, acknowledged ${acknowledged}, refused ${refused}, unknown ${unknown}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, violations ${violations.length}, longest stall ${longestStall} ms`,
);
process.exit(violations.length > 0 ? 1 : 0);
