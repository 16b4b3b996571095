import { cpus } from 'node:os';
import { printer } from './figures.ts';
import { runGroups } from './groups.ts';
import { runIdle } from './idle.ts';
import { runLoad } from './load.ts';
import { readOptions, USAGE } from './options.ts';
import { runRebuild } from './rebuild.ts';

const main = async (): Promise<void> => {
  const { program, options } = readOptions(process.argv.slice(2));
  if (program === 'help') return console.log(USAGE);
  const row = printer(options.json, (line) => console.log(line));
  const note = (text: string): void => console.error(text);
  note(`${cpus().length} cores (${cpus()[0]?.model}), node ${process.version}, ${process.platform}`);
  if (program === 'groups') await runGroups(options, row);
  else if (program === 'idle') await runIdle(options, row);
  else if (program === 'rebuild') await runRebuild(options, row);
  else await runLoad(options, { row, note });
};

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    console.error(`\n${USAGE}`);
    process.exit(1);
  },
);
