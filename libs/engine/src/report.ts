import type { Log, Metrics } from '@clatter/ports';

/** Where a role says what happens. */
export type Report = { readonly log: Log; readonly metrics: Metrics };
