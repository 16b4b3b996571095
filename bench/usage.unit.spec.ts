import { expect, it } from 'vitest';
import type { Used } from './processes.ts';
import { cpuFigures, spent, type Usage } from './usage.ts';

const at = (ms: number, machine: number, load: number, children: Used | undefined): Usage => ({
  children,
  own: { user: load * 1e6, system: 0 },
  machine,
  at: ms,
});

it('a cluster: what each message cost each part, what others took, and how busy the cores were', () => {
  const before = at(0, 100, 1, { servers: 10, parts: { edge: 4, messaging: 5, rest: 1, broker: 20, database: 7 } });
  const after = at(5_000, 108, 1.5, { servers: 13, parts: { edge: 5, messaging: 6.5, rest: 1.5, broker: 22, database: 8 } });
  const figures = cpuFigures(spent(before, after, 2), 1_000);
  expect(figures).toMatchObject({ cpuSeconds: 3, brokerCpuSeconds: 2, databaseCpuSeconds: 1, loadCpuSeconds: 0.5, othersCpuSeconds: 1.5, busyPercent: 80 });
  expect(figures).toMatchObject({ cpuMsPerMessage: 3, edgeCpuMsPerMessage: 1, messagingCpuMsPerMessage: 1.5, otherServicesCpuMsPerMessage: 0.5 });
  expect(figures).toMatchObject({ brokerCpuMsPerMessage: 2, databaseCpuMsPerMessage: 1, loadCpuMsPerMessage: 0.5, messagesPerCpuSecond: 333 });
});

it('embedded: one server, and no figures for what there is not', () => {
  const figures = cpuFigures(spent(at(0, 0, 0, { servers: 1, parts: { rest: 1 } }), at(1_000, 1, 0.1, { servers: 1.5, parts: { rest: 1.5 } }), 2), 1_000);
  expect(figures).toMatchObject({ cpuMsPerMessage: 0.5, otherServicesCpuMsPerMessage: null, brokerCpuMsPerMessage: null, databaseCpuSeconds: null });
});

it('where processes can not be seen there is the load alone', () => {
  expect(cpuFigures(spent(at(0, 0, 0, undefined), at(1_000, 0, 0.2, undefined)), 100)).toMatchObject({
    cpuSeconds: null,
    busyPercent: null,
    loadCpuSeconds: 0.2,
  });
});
