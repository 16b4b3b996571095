import type { Mode } from './options.ts';
import type { System } from './target.ts';

/** A system that is started once, and the modes that are measured on it. */
export type Shared = { readonly system: System; readonly modes: readonly Mode[] };

const systemOf = (mode: Mode): System => (mode === 'cluster-apart' ? 'cluster' : mode);

/** In the order of the modes; `cluster` and `cluster-apart` share one cluster, a mode named twice gets a system for each time. */
export const systemsOf = (modes: readonly Mode[]): Shared[] => {
  const systems: { system: System; modes: Mode[] }[] = [];
  for (const mode of modes) {
    const running = systems.find((one) => one.system === systemOf(mode) && !one.modes.includes(mode));
    if (running) running.modes.push(mode);
    else systems.push({ system: systemOf(mode), modes: [mode] });
  }
  return systems;
};
