import { startBareTarget } from './bare.ts';
import { startClusterTarget } from './cluster.ts';
import { startEmbeddedTarget } from './embedded.ts';
import type { System, Target } from './target.ts';

const START: { readonly [S in System]: () => Promise<Target> } = { bare: startBareTarget, embedded: startEmbeddedTarget, cluster: startClusterTarget };

/** Starts a system, does something with it, and stops it whatever happens. */
export const withTarget = async <T>(system: System, run: (target: Target) => Promise<T>): Promise<T> => {
  const target = await START[system]();
  try {
    return await run(target);
  } finally {
    await target.stop();
  }
};
