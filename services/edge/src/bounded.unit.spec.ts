import { expect, it } from 'vitest';
import { bounded } from './bounded.ts';
import { KNOWN_GROUPS, KNOWN_MARKS } from './outbound/marks.ts';
import { EDGE_DEFAULTS } from './settings.ts';
import { Admission, BUCKETS } from './socket/admission.ts';

it.each([KNOWN_MARKS, KNOWN_GROUPS])('limits edge.knownMarks, edge.knownGroups: of more than %i the one used longest ago is forgotten', (most) => {
  const map = new Map<string, number>();
  for (let i = 0; i < most; i++) bounded(map, `k${i}`, i, most);
  bounded(map, 'k0', 0, most);
  bounded(map, 'new', 1, most);
  expect(map.size).toBe(most);
  expect([map.has('k0'), map.has('k1'), map.has('new')]).toEqual([true, false, true]);
});

it('limit edge.buckets: who floods under many names costs no more than 20,000 buckets, and who is forgotten begins anew', () => {
  const admission = new Admission({ ...EDGE_DEFAULTS, userRate: 1 });
  const spent = (user: string): boolean => admission.takeUser(user, 0) > 0;
  while (!spent('anna'));
  for (let i = 0; i < BUCKETS - 1; i++) admission.takeUser(`u${i}`, 0);
  expect(spent('anna')).toBe(true);
  for (let i = 0; i < BUCKETS; i++) admission.takeUser(`v${i}`, 0);
  expect(spent('anna')).toBe(false);
});
