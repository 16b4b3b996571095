import { ConfigError, unknownSettings } from '@clatter/runtime';
import { expectOnly, parseArguments, UsageError } from './arguments.ts';
import { newLog } from './commands/newLog.ts';
import { rebuild, type Wish } from './commands/rebuild.ts';
import { topics } from './commands/topics.ts';
import { place } from './place.ts';
import { REBUILDABLE } from './services.ts';
import { USAGE } from './usage.ts';

const run = async (words: readonly string[]): Promise<boolean> => {
  const given = parseArguments(words);
  if (given.flags.has('--help') || given.command === undefined || given.command === 'help') {
    if (given.command === undefined && !given.flags.has('--help')) throw new UsageError(USAGE);
    console.log(USAGE);
    return true;
  }
  switch (given.command) {
    case 'topics':
      expectOnly(given, [], 0);
      return topics(place(process.env));
    case 'new-log':
      expectOnly(given, ['--yes'], 0);
      return newLog(place(process.env), given.flags.has('--yes'));
    case 'rebuild': {
      expectOnly(given, ['--check', '--accept', '--abandon'], 1, `a service: ${REBUILDABLE.map((r) => r.service).join(', ')}`);
      if (given.flags.size > 1) throw new UsageError('Give one of --check, --accept, --abandon.');
      const models = REBUILDABLE.find((r) => r.service === given.names[0]);
      if (!models)
        throw new UsageError(`The read models of ${given.names[0]} can not be rebuilt; those of ${REBUILDABLE.map((r) => r.service).join(', ')} can.`);
      return rebuild(place(process.env), models, ([...given.flags][0]?.slice(2) ?? 'rebuild') as Wish);
    }
    default:
      throw new UsageError(`There is no command ${given.command}.\n\n${USAGE}`);
  }
};

// The clock's timers keep no process alive.
setInterval(() => {}, 3_600_000);

for (const warning of unknownSettings(process.env)) console.error(warning);
run(process.argv.slice(2)).then(
  (done) => process.exit(done ? 0 : 1),
  (error: unknown) => {
    const said = error instanceof Error && !(error instanceof TypeError || error instanceof RangeError);
    console.error(said ? error.message : error);
    process.exit(error instanceof UsageError || error instanceof ConfigError ? 2 : 1);
  },
);
