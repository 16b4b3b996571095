import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, LIMITS } from '@clatter/contract';
import { expect, it } from 'vitest';

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

it('the docs link to files that exist', () => {
  for (const file of ['README.md', 'docs/decisions/README.md']) {
    for (const [, target] of text(file).matchAll(/\]\(([^)#:]+)\)/g))
      expect(existsSync(join(root, file, '..', target as string)), `${file} -> ${target}`).toBe(true);
  }
});

it('the protocol page lists every error code and close code', () => {
  const page = text('docs/protocol.md');
  for (const code of Object.keys(ERROR_CODES)) expect(page, code).toContain(`\`${code}\``);
});

it('the limits page lists every limit of the contract with its value', () => {
  const page = text('docs/limits.md');
  for (const [name, { value }] of Object.entries(LIMITS)) expect(page, name).toContain(`| \`${name}\` | ${value} |`);
});
