import { startBareTarget } from './bare.ts';
import { startClusterTarget } from './cluster.ts';
import { startEmbeddedTarget } from './embedded.ts';
import type { Mode } from './options.ts';
import type { Target } from './target.ts';

const START: { readonly [M in Mode]: () => Promise<Target> } = { bare: startBareTarget, embedded: startEmbeddedTarget, cluster: startClusterTarget };

/** Starts a system, does something with it, and stops it whatever happens. */
export const withTarget = async <T>(mode: Mode, run: (target: Target) => Promise<T>): Promise<T> => {
  const target = await START[mode]();
  try {
    return await run(target);
  } finally {
    await target.stop();
  }
};
