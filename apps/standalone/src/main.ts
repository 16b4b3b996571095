import { ConfigError, jsonLog, loadConfig, printConfig, runProcess } from '@clatter/runtime';
import { compose } from './compose.ts';
import { standaloneConfig } from './config.ts';

const main = async (): Promise<void> => {
  const config = loadConfig(standaloneConfig, process.env);
  if (process.argv.includes('--print-config')) return console.log(printConfig(standaloneConfig, config));
  const log = jsonLog(config.logLevel);
  const clatter = await compose(config, log);
  await runProcess({ name: 'clatter', parts: clatter.parts, log, graceMs: 30_000 });
  console.log(`Clatter runs at ${clatter.url()}\n  data in ${config.data}\n  chat: npm run chat -- alice`);
};

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || (error instanceof Error && (error.message.includes('in use') || 'code' in error));
  console.error(known && error instanceof Error ? error.message : error);
  process.exit(1);
});
