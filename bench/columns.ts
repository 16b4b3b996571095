import type { Column } from './figures.ts';

/** Of `load`, for people: latencies in ms; behind `busy %` the CPU that a message cost each part, in ms. All else is in `--json`. */
const LOAD: readonly Column[] = [
  { field: 'mode', title: 'mode', width: 13 },
  { field: 'rate', title: 'rate', width: 6 },
  { field: 'share', title: 'is', width: 4 },
  { field: 'saturation', title: 'of', width: 6 },
  { field: 'expected', title: 'expected', width: 8 },
  { field: 'delivered', title: 'delivered', width: 9 },
  { field: 'p50', title: 'p50', width: 6 },
  { field: 'p99', title: 'p99', width: 6 },
  { field: 'max', title: 'max', width: 6 },
  { field: 'grewMs', title: 'grew', width: 6 },
  { field: 'othersCpuSeconds', title: 'others s', width: 8 },
  { field: 'busyPercent', title: 'busy %', width: 6 },
  { field: 'cpuMsPerMessage', title: 'services', width: 8 },
  { field: 'edgeCpuMsPerMessage', title: 'edge', width: 6 },
  { field: 'messagingCpuMsPerMessage', title: 'messaging', width: 9 },
  { field: 'otherServicesCpuMsPerMessage', title: 'rest', width: 6 },
  { field: 'brokerCpuMsPerMessage', title: 'broker', width: 6 },
  { field: 'databaseCpuMsPerMessage', title: 'database', width: 8 },
  { field: 'loadCpuMsPerMessage', title: 'load', width: 6 },
];

/** `settings`: whether the caller set any, which then stand in each row. */
export const loadColumns = (settings: boolean): readonly Column[] => (settings ? [...LOAD, { field: 'settings', title: 'settings', width: 8 }] : LOAD);
