import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { configPage } from './config.ts';
import { closeCodes, commands, errorCodes, topicsPage } from './contract.ts';
import { limitsPage } from './limits.ts';
import { metricsPage } from './metrics.ts';
import { settingNames } from './settings.ts';

const SECTIONS: Readonly<Record<string, () => string>> = { 'error codes': errorCodes, 'close codes': closeCodes, commands };

/** Puts a made table between its two comments. @throws where a page has no place for it */
const filled = (page: string, name: string, content: string): string => {
  const [begin, end] = [`<!-- made by npm run docs: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no place for ${name}`);
  return `${page.slice(0, from)}${begin}\n\n${content}\n\n${page.slice(to)}`;
};

/** Every file that is made of tables in the code, as it should be: path -> text. */
export const pages = (root: string): ReadonlyMap<string, string> => {
  let protocol = readFileSync(join(root, 'docs/protocol.md'), 'utf8');
  for (const [name, make] of Object.entries(SECTIONS)) protocol = filled(protocol, name, make());
  return new Map([
    ['docs/protocol.md', protocol],
    ['docs/limits.md', `${limitsPage(root)}\n`],
    ['docs/reference/topics.md', `${topicsPage()}\n`],
    ['docs/reference/config.md', `${configPage()}\n`],
    ['docs/reference/metrics.md', `${metricsPage()}\n`],
    ['libs/runtime/src/settingNames.ts', settingNames()],
  ]);
};
