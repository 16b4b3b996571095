import type { Metrics } from '@clatter/ports';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS } from './metrics.table.ts';

const SECONDS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const ITEMS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000];

const helpOf = (name: string): string => (Object.hasOwn(METRICS, name) ? METRICS[name as keyof typeof METRICS].help : name);

/** Metrics in Prometheus' registry, made as they are first used. `text` is what a scrape gets. */
export const promMetrics = (): Metrics & { text(): Promise<string> } => {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  const made = <M>(map: Map<string, M>, name: string, make: () => M): M => {
    const metric = map.get(name) ?? make();
    map.set(name, metric);
    return metric;
  };
  const options = (name: string, labels: Readonly<Record<string, string>>) => ({
    name,
    help: helpOf(name),
    labelNames: Object.keys(labels),
    registers: [registry],
  });
  return {
    count: (name, labels = {}, by = 1) => made(counters, name, () => new Counter(options(name, labels))).inc(labels, by),
    gauge: (name, value, labels = {}) => made(gauges, name, () => new Gauge(options(name, labels))).set(labels, value),
    observe: (name, value, labels = {}) =>
      made(histograms, name, () => new Histogram({ ...options(name, labels), buckets: name.endsWith('_seconds') ? SECONDS : ITEMS })).observe(labels, value),
    text: () => registry.metrics(),
  };
};
