import { jsonLog, loadConfig, printConfig, runProcess, startFailure, unknownSettings } from '@clatter/runtime';
import { compose } from './compose.ts';
import { standaloneConfig } from './config.ts';

const main = async (): Promise<void> => {
  const config = loadConfig(standaloneConfig, process.env);
  const log = jsonLog(config.logLevel);
  for (const warning of unknownSettings(process.env)) log.warn({}, warning);
  if (process.argv.includes('--print-config')) return console.log(printConfig(standaloneConfig, config));
  const clatter = await compose(config, log);
  await runProcess({ name: 'clatter', parts: clatter.parts, log, graceMs: 30_000 });
  console.log(`Clatter runs at ${clatter.url()}
  data in ${config.data}; health and metrics at ${clatter.adminUrl()}/readyz and /metrics
  chat: npm run chat -- alice`);
};

main().catch((error: unknown) => {
  console.error(startFailure(error));
  process.exit(1);
});
