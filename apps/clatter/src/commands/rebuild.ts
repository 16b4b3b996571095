import { type Comparison, type Progress, REBUILD_DEFAULTS, Rebuild, type Rebuildable } from '@clatter/engine';
import { systemClock as clock } from '@clatter/runtime';
import type { Embedded, Remote } from '../place.ts';
import { openReadModels } from '../readModels.ts';

export type Wish = 'rebuild' | 'check' | 'accept' | 'abandon';

/** Returns whether it was done, or for `check`: whether both generations are equal. */
export const rebuild = async (at: Embedded | Remote, models: Rebuildable, wish: Wish): Promise<boolean> => {
  const opened = await openReadModels(at, models);
  console.log(opened.alone ? 'No server runs on this data: this command builds by itself.' : 'The running services build; this command watches them.');
  const times = opened.alone ? { ...REBUILD_DEFAULTS, retireMs: 0, leaveMs: 1_000 } : REBUILD_DEFAULTS;
  try {
    return await steps(new Rebuild({ ...models, ...times, store: opened.store, clock }), wish, opened.alone);
  } finally {
    await opened.close();
  }
};

const steps = async (work: Rebuild, wish: Wish, alone: boolean): Promise<boolean> => {
  if (alone) await work.serves();
  const before = await work.state();
  if (wish === 'abandon') {
    await work.abandon();
    console.log(before.building === undefined ? 'There was nothing to give up.' : `Generation ${before.building} is given up; ${before.serving} serves.`);
    return true;
  }
  if (before.retiring !== undefined || before.dropping !== undefined) {
    console.log(`An earlier run is finished first: generation ${before.retiring?.generation ?? before.dropping} is dropped.`);
    await work.finish();
  }
  const building = await work.begin();
  console.log(`Generation ${before.serving} serves, ${building} is ${before.building === undefined ? 'built' : 'built on: an earlier run began it'}.`);
  await work.caughtUp(building, say);
  const comparison = await work.compare(building);
  report(comparison);
  const equal = comparison.different === 0;
  if (wish === 'check') {
    await work.abandon();
    console.log(`Generation ${building} is dropped again.`);
    return equal;
  }
  if (!equal && wish !== 'accept') {
    console.log(`Generation ${before.serving} serves on. To switch all the same run this with --accept, to give up with --abandon.`);
    return false;
  }
  await work.switchTo(building);
  console.log(`Generation ${building} serves. The former one is dropped as soon as every process has seen it …`);
  await work.finish();
  console.log('Done.');
  return true;
};

const say = ({ generation, records, behind, rate }: Progress): void =>
  console.log(`  generation ${generation}: ${records} records, ${Math.round(rate)}/s, ${behind} behind`);

const report = ({ documents, different, differences, sums }: Comparison): void => {
  console.log(`${documents} documents compared, ${different} differ\n  serving  ${sums.old}\n  built    ${sums.new}`);
  for (const { collection, key, old, new: built, unsettled } of differences) {
    console.log(unsettled ? `  ${collection}/${key} changed too fast to be compared` : `  ${collection}/${key}`);
    if (!unsettled) console.log(`    serving  ${JSON.stringify(old) ?? 'missing'}\n    built    ${JSON.stringify(built) ?? 'missing'}`);
  }
  if (different > differences.length) console.log(`  … and ${different - differences.length} more`);
};
