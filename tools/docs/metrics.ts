import { METRICS } from '@clatter/runtime';
import { code, table } from './table.ts';

export const metricsPage = (): string =>
  [
    '# Metrics',
    'Every process serves `/metrics` on its admin port, in the text format of Prometheus: these, and those of the process and of Node that prom-client adds (`process_*`, `nodejs_*`). Made from `libs/runtime/src/metrics.table.ts` by `npm run docs`. Histograms are in seconds or items. No label is ever chosen by a client.',
    "The stages of a message: the edge appends its command (1), the owner decides it (2) and appends its event (3), the router hands it on and the other edge queues it (4). `clatter_edge_answer_seconds` is what a sender waits in all. Times that begin with an append time compare the log's clock with the process' own.",
    table(
      ['metric', 'type', 'labels', 'meaning'],
      Object.entries(METRICS).map(([name, { type, labels, help }]) => [code(name), type, labels.map(code).join(', '), help]),
    ),
  ].join('\n\n');
