import { type FaultOptions, readOptions, USAGE } from './options.ts';
import { run } from './run.ts';

const suffer = async ({ seed = Date.now() % 1_000_000, minutes, people, brokers }: FaultOptions): Promise<number> => {
  console.log(`seed ${seed}`);
  const result = await run({ seed, seconds: minutes * 60, people, brokers, say: (text) => console.log(text) });
  for (const violation of result.violations.slice(0, 50)) console.log(`VIOLATION ${violation}`);
  const { kills, freezes, restarts, acknowledged, refused, unknown, lost, doubled, reordered, longestStall, stall, violations } = result;
  console.log(
    `kills ${kills}, freezes ${freezes}, restarts ${restarts}, acknowledged ${acknowledged}, refused ${refused}, unknown ${unknown}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, violations ${violations.length}, longest stall ${longestStall} ms`,
  );
  console.log(`the longest stall: ${stall}`);
  return violations.length > 0 ? 1 : 0;
};

const main = async (): Promise<number> => {
  let options: FaultOptions;
  try {
    options = readOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  if (!options.help) return suffer(options);
  console.log(USAGE);
  return 0;
};

process.exit(await main());
