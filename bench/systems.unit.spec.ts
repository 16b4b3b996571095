import { expect, it } from 'vitest';
import { systemsOf } from './systems.ts';

it('cluster and cluster-apart share one cluster, wherever they stand', () => {
  expect(systemsOf(['cluster-apart', 'bare', 'cluster'])).toEqual([
    { system: 'cluster', modes: ['cluster-apart', 'cluster'] },
    { system: 'bare', modes: ['bare'] },
  ]);
});

it('a mode that is named twice is started twice', () => {
  expect(systemsOf(['cluster', 'cluster']).map(({ modes }) => modes)).toEqual([['cluster'], ['cluster']]);
  expect(systemsOf(['cluster-apart']).map(({ system }) => system)).toEqual(['cluster']);
});
