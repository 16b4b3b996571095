import { SETTING_NAMES } from './settingNames.ts';

const OURS = 'CLATTER_';

/** A line for each variable that begins as ours and sets no program of Clatter: most likely it is misspelt. */
export const unknownSettings = (env: Readonly<Record<string, string | undefined>>): string[] =>
  Object.keys(env)
    .filter((name) => name.startsWith(OURS) && !SETTING_NAMES.includes(name))
    .map((name) => {
      const meant = nearest(name);
      return `${name} is not a setting and is ignored${meant === undefined ? '' : `; ${meant} is one`}.`;
    });

/** The known name that a few slips of the hand lead from, the fewer the shorter the name. */
const nearest = (name: string): string | undefined => {
  const most = Math.min(3, Math.ceil((name.length - OURS.length) / 3));
  const near = SETTING_NAMES.map((known) => ({ known, edits: distance(name, known) })).filter(({ edits }) => edits <= most);
  return near.sort((a, b) => a.edits - b.edits)[0]?.known;
};

/** Characters to insert, delete or replace (Levenshtein). */
const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 0; j < b.length; j++) next.push(Math.min((row[j + 1] as number) + 1, (next[j] as number) + 1, (row[j] as number) + (letter === b[j] ? 0 : 1)));
    row = next;
  }
  return row[b.length] as number;
};
