import { LIMITS, type MemberDoc } from '@clatter/contract';
import { expect, it } from 'vitest';
import { acquaintances, type RowsByKey } from './acquaintance.ts';
import { directId, keyOf } from './names.ts';

/** Member rows, and how many keys were asked for. */
const rowsOf = (pairs: readonly (readonly [conversation: string, user: string, gone?: true])[]): { rows: RowsByKey; asked: () => number } => {
  const docs = new Map(
    pairs.map(([conversation, user, gone]): [string, MemberDoc] => [
      keyOf.member(conversation, user),
      { conversation, user, role: 'member', joinedRev: 0, joinedNumber: 0, rev: 0, ...(gone ? { gone } : {}) },
    ]),
  );
  let asked = 0;
  const rows: RowsByKey = async (keys) => {
    asked += keys.length;
    return keys.map((key) => docs.get(key));
  };
  return { rows, asked: () => asked };
};
const find = async (users: readonly string[], conversations: readonly string[], rows: RowsByKey) =>
  [...(await acquaintances('anna', users, new Set(conversations), rows))].sort();

it('who shares a direct conversation or a group, and oneself', async () => {
  const { rows } = rowsOf([
    [directId('anna', 'ben'), 'ben'],
    ['g', 'carl'],
    ['elsewhere', 'dora'],
  ]);
  expect(await find(['anna', 'ben', 'carl', 'dora'], [directId('anna', 'ben'), 'g'], rows)).toEqual(['anna', 'ben', 'carl']);
});

it('who has left shares it no more', async () => {
  const { rows } = rowsOf([
    [directId('anna', 'ben'), 'ben', true],
    ['g', 'carl', true],
  ]);
  expect(await find(['ben', 'carl'], [directId('anna', 'ben'), 'g'], rows)).toEqual([]);
});

it('the direct conversation alone is looked at where it is enough', async () => {
  const { rows, asked } = rowsOf([[directId('anna', 'ben'), 'ben']]);
  await find(['ben'], [directId('anna', 'ben'), ...Array.from({ length: 50 }, (_, i) => `g${i}`)], rows);
  expect(asked()).toBe(1);
});

it('limit acquaintance: so many rows are read, and who is not found by then is left out', async () => {
  const most = LIMITS.acquaintance.value;
  const groups = Array.from({ length: most + 1 }, (_, i) => `g${i}`);
  const { rows, asked } = rowsOf([[`g${most}`, 'ben']]);
  expect(await find(['ben'], groups, rows)).toEqual([]);
  expect(asked()).toBe(most);
  expect(await find(['ben'], groups.slice(1), rows)).toEqual(['ben']);
});
