import type { ServiceName } from '@clatter/contract';
import { type Clock, type EventLog, UNMEASURED } from '@clatter/ports';
import type { Report } from './report.ts';

/** Where a reader of a partition stands: records waiting in memory, and the next offset that has no effect yet. */
export type Place = { readonly topic: string; readonly partition: number; readonly queued: number; readonly next: number };

const EVERY = 5_000;

type Measured = { readonly service: ServiceName; readonly log: Pick<EventLog, 'ends'>; readonly clock: Clock; readonly report: Report };

/** Every 5 s: how many records lie behind each reader of a role, and how many wait in memory. Asks the log only where something is measured. Returns what stops it. */
export const measureLag = ({ service, log, clock, report }: Measured, role: 'owner' | 'projector', places: () => readonly Place[]): (() => void) => {
  if (report.metrics === UNMEASURED) return () => {};
  let cancel = (): void => {};
  let stopped = false;
  const once = async (): Promise<void> => {
    const all = places();
    for (const topic of new Set(all.map((place) => place.topic))) {
      const ends = await log.ends(topic);
      let queued = 0;
      for (const place of all.filter((one) => one.topic === topic)) {
        queued += place.queued;
        const { start = 0, end = 0 } = ends[place.partition] ?? {};
        const labels = { service, role, topic, partition: String(place.partition) };
        report.metrics.gauge('clatter_lag_records', Math.max(0, end - Math.max(start, place.next)), labels);
      }
      report.metrics.gauge('clatter_queued_records', queued, { service, role, topic });
    }
  };
  const again = (): void => {
    cancel = clock.after(EVERY, () => {
      once()
        .catch((error: unknown) => report.log.debug({ service, role, error }, 'the lag could not be measured'))
        .finally(() => {
          if (!stopped) again();
        });
    });
  };
  again();
  return () => {
    stopped = true;
    cancel();
  };
};
