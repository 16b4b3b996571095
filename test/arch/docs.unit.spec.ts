import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { authConfig } from '@clatter/auth';
import { edgeConfig } from '@clatter/edge';
import { messagingConfig } from '@clatter/messaging';
import { httpConfig, METRICS, unknownSettings } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { PROCESSES } from '../../tools/docs/config.ts';
import { limitNames, shownBy } from '../../tools/docs/limits.ts';
import { pages } from '../../tools/docs/pages.ts';

const root = new URL('../..', import.meta.url).pathname;
/** With single spaces, so that tables may be aligned. */
const text = (file: string): string => readFileSync(join(root, file), 'utf8').replace(/ +/g, ' ');

it('the flow of a message names files and functions that exist', () => {
  const rows = [...text('docs/flow-of-a-message.md').matchAll(/^\| \d+ \| `([^`]+)` `([^`]+)` \|/gm)];
  expect(rows.length).toBeGreaterThan(15);
  for (const [, file, name] of rows) {
    expect(existsSync(join(root, file as string)), file).toBe(true);
    expect(text(file as string), `${file} has ${name}`).toMatch(new RegExp(`(^|[^\\w#])${name?.replace('#', '#')}\\b`, 'm'));
  }
});

const PAGES = globSync(['*.md', 'bench/*.md', 'docs/**/*.md'], { cwd: root });

it('the docs link to files that exist', () => {
  expect(PAGES.length).toBeGreaterThan(20);
  for (const file of PAGES) {
    for (const [, target] of text(file).matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g))
      expect(existsSync(join(root, file, '..', target as string)), `${file} -> ${target}`).toBe(true);
  }
});

it('sections that comments name, as `protocol §5`, are there', () => {
  const cited = new Set<string>();
  for (const file of globSync('{libs,services,apps,test,bench}/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] }))
    for (const [, page, section] of text(file).matchAll(/\b(protocol|design) §(\d+)/g)) cited.add(`${page} ${section}`);
  const there = ['protocol', 'design'].flatMap((page) => [...text(`docs/${page}.md`).matchAll(/^## (\d+)\. /gm)].map(([, section]) => `${page} ${section}`));
  expect(cited.size).toBeGreaterThan(5);
  expect([...cited].filter((section) => !there.includes(section))).toEqual([]);
});

it('no page holds what a merge left behind', () => {
  // a formatter makes seven nested quotes of the third marker
  for (const file of PAGES) expect(text(file), file).not.toMatch(/^(<{7}|={7}|>{7}|(> ?){7})/m);
});

it('every decision is listed, by its own title', () => {
  const pages = globSync('docs/decisions/0*.md', { cwd: root }).sort();
  const rows = pages.map((file) => `- [${text(file).split('\n')[0]?.slice(2)}](${file.split('/').at(-1)})`);
  expect(text('docs/decisions/README.md').match(/^- .*$/gm)).toEqual(rows);
});

it('pages that are made of tables in the code are as `npm run docs` makes them', () => {
  for (const [file, made] of pages(root)) expect(readFileSync(join(root, file), 'utf8'), `${file} is stale: run \`npm run docs\``).toBe(made);
});

it('every limit is shown by a test that bears its name, and no test names a limit that is none', () => {
  const shown = shownBy(root);
  expect(limitNames().filter((name) => !shown.has(name))).toEqual([]);
  expect([...shown.keys()].filter((name) => !limitNames().includes(name))).toEqual([]);
});

it('every variable that a program reads is known to all of them', () => {
  const read = new Set<string>();
  for (const file of globSync('{libs,services,apps}/*/src/**/*.ts', { cwd: root, exclude: ['**/settingNames.ts', '**/*.spec.ts'] }))
    for (const [name] of text(file).matchAll(/\bCLATTER_[A-Z0-9_]+/g)) read.add(name);
  expect(unknownSettings(Object.fromEntries([...read].map((name) => [name, 'x'])))).toEqual([]);
  expect(read.size).toBeGreaterThan(30);
});

it('no two settings of a process share a name or a variable', () => {
  const tables = { ...Object.fromEntries(Object.entries(PROCESSES).map(([name, { config }]) => [name, [config]])) };
  const own = (name: string) => PROCESSES[name]?.config ?? {};
  for (const service of ['auth', 'edge', 'messaging']) tables[service] = [own('every service of a cluster'), own(service)];
  tables['embedded mode'] = [authConfig, edgeConfig, httpConfig, messagingConfig];
  for (const [process, list] of Object.entries(tables)) {
    // a setting that two parts read alike, as the issuer of tokens, is one setting
    const rows = list.flatMap((table) => Object.entries(table).map(([key, row]) => [key, row.env] as const));
    const byKey = Map.groupBy(rows, ([key]) => key);
    for (const [key, same] of byKey) expect(new Set(same.map(([, env]) => env)).size, `${process}: ${key}`).toBe(1);
    const byEnv = Map.groupBy(rows, ([, env]) => env);
    for (const [env, same] of byEnv) expect(new Set(same.map(([key]) => key)).size, `${process}: ${env}`).toBe(1);
  }
});

it('every metric in the code stands in the table, and every row of the table in the code', () => {
  const used = new Set<string>();
  for (const file of globSync('{libs,services,apps}/*/src/**/*.ts', { cwd: root, exclude: ['**/metrics.table.ts', '**/*.spec.ts'] }))
    for (const [, name = ''] of readFileSync(join(root, file), 'utf8').matchAll(/'(clatter_[a-z_]+)'/g))
      if (/_(total|seconds|bytes|records|commands|sessions|feeds|requests|epoch)$/.test(name)) used.add(name);
  expect([...used].sort()).toEqual(Object.keys(METRICS).sort());
});
