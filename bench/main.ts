import { cpus } from 'node:os';
import { unknownSettings } from '@clatter/runtime';
import { loadColumns } from './columns.ts';
import { printer, type Row } from './figures.ts';
import { runGroups } from './groups.ts';
import { runIdle } from './idle.ts';
import { runLoad } from './load.ts';
import { readOptions, USAGE } from './options.ts';
import { runRebuild } from './rebuild.ts';
import type { Say } from './say.ts';
import { callersSettings, settingsText } from './settings.ts';

const failed = (error: unknown, hint = ''): never => {
  console.error(`${error instanceof Error ? error.message : error}${hint}`);
  process.exit(1);
};

const asked = (): ReturnType<typeof readOptions> => {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    return failed(error, `\n\n${USAGE}`);
  }
};

const main = async (): Promise<void> => {
  const { program, options } = asked();
  if (program === 'help') return console.log(USAGE);
  const print = (line: string): void => console.log(line);
  const note = (text: string): void => console.error(text);
  const settings = settingsText(callersSettings(process.env));
  const write = printer(options.json, print, program === 'load' ? loadColumns(settings !== '') : undefined);
  const row = (figures: Row): void => write(settings === '' ? figures : { ...figures, settings });
  const fact: Say['fact'] = (what, text) => {
    if (options.json) print(JSON.stringify(what));
    note(text);
  };
  note(`${cpus().length} cores (${cpus()[0]?.model}), node ${process.version}, ${process.platform}`);
  if (settings !== '') note(`settings of the caller: ${settings}`);
  for (const warning of unknownSettings(process.env)) note(warning);
  if (program === 'groups') await runGroups(options, { row, fact, note });
  else if (program === 'idle') await runIdle(options, row);
  else if (program === 'rebuild') await runRebuild(options, row);
  else await runLoad(options, { row, fact, note });
};

main().then(() => process.exit(0), failed);
