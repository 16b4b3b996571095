import { type FeedRecord, HEADER } from '@clatter/contract';
import { splitChannels, traceId } from '@clatter/kernel';
import type { LogRecord, Part, Tail } from '@clatter/ports';
import { generationCollection } from '../names.ts';
import { ROUTER_DEFAULTS, type RouterSettings } from '../settings.ts';
import { EdgePump } from './feed.ts';
import type { RouterOptions } from './options.ts';
import { routedTopics } from './routed.ts';
import { startFences } from './start.ts';
import { Stream } from './stream.ts';

/**
 * The router role of a service: reads all partitions of its topics through the fence, keeps the last minute, and gives every
 * edge what it listens to. It owns nothing and has no state to lose; an edge may go on at any other one.
 */
export const routerPart = (o: RouterOptions): Part => {
  const settings: RouterSettings = { ...ROUTER_DEFAULTS, ...o.settings };
  const { service, log, clock, store, report, topics = routedTopics(o.service) } = o;
  const streams = new Map<string, Stream>();
  const softTopics = new Set(topics.filter((t) => t.kind === 'soft').map((t) => t.topic));
  const pumps = new Set<EdgePump>();
  let tail: Tail | undefined;
  let listening: { close(): Promise<void> } | undefined;
  let cancel = (): void => {};
  let stopped = false;
  let failure: string | undefined;

  const deaf = (): boolean => o.rules?.deafEnds !== false && tail !== undefined && clock.now() - tail.heardAt() > settings.deafMs;

  const take = (topic: string, partition: number, records: readonly LogRecord[], next: number): void => {
    if (softTopics.has(topic)) {
      for (const pump of pumps) pump.soft(topic, records, channelsOf);
      return;
    }
    const stream = streams.get(`${topic}/${partition}`);
    if (!stream) return;
    const dropped = stream.take(records, next, (record) =>
      report.log.debug({ trace: traceId(record.headers[HEADER.trace]), topic, partition, offset: record.offset }, 'routed'),
    );
    if (dropped > 0) report.metrics.count('clatter_void_records_total', { service, role: 'router' }, dropped);
    for (const pump of pumps) pump.pump(stream);
    stream.ring.trim(settings.ringBytes, clock.now() - settings.ringMs);
  };

  const everySecond = (): void => {
    if (stopped) return;
    if (deaf()) for (const pump of [...pumps]) pump.close('the router can not read the log');
    let bytes = 0;
    let oldest = clock.now();
    for (const { ring } of streams.values()) {
      ring.trim(settings.ringBytes, clock.now() - settings.ringMs);
      bytes += ring.bytes;
      oldest = Math.min(oldest, ring.oldest ?? oldest);
    }
    report.metrics.gauge('clatter_router_ring_bytes', bytes, { service });
    report.metrics.gauge('clatter_router_ring_age_seconds', (clock.now() - oldest) / 1000, { service });
    report.metrics.gauge('clatter_router_feeds', pumps.size, { service });
    for (const pump of [...pumps]) pump.settle();
    cancel = clock.after(settings.coverEveryMs, everySecond);
  };

  return {
    name: `${service} router`,
    async start() {
      await store.ensure([generationCollection(service)]);
      const from: Record<string, number[]> = {};
      for (const routed of topics) {
        const fences = await startFences(o, routed, settings.ringMs);
        from[routed.topic] = fences.map((fence) => fence.offset);
        if (routed.kind !== 'soft') for (const [p, fence] of fences.entries()) streams.set(`${routed.topic}/${p}`, new Stream(routed, p, fence, o.rules));
      }
      const failed = (error: Error): void => {
        failure = error.message;
        report.log.error({ service, error }, 'ALARM: the router can not go on');
        for (const pump of [...pumps]) pump.close('the router can not read the log');
      };
      tail = await log.tail({ from, records: take, failed });
      const list = [...streams.values()];
      listening = await o.listener.listen(service, (feed) => {
        if (deaf() || failure !== undefined || pumps.size >= settings.feeds) {
          feed.open({ message: () => {}, closed: () => {} });
          return feed.close(pumps.size >= settings.feeds ? 'too many feeds' : 'the router can not read the log');
        }
        pumps.add(
          new EdgePump({
            feed,
            streams: list,
            settings,
            rules: o.rules ?? {},
            logId: log.logId,
            ended: (pump) => pumps.delete(pump),
          }),
        );
      });
      cancel = clock.after(settings.coverEveryMs, everySecond);
    },
    async stop() {
      stopped = true;
      cancel();
      await listening?.close();
      for (const pump of [...pumps]) pump.close('the router stops');
      await tail?.close();
    },
    notReady: () => failure ?? (tail && deaf() ? 'the log can not be read' : undefined),
  };
};

const channelsOf = (record: FeedRecord): readonly string[] => splitChannels(record.headers[HEADER.channels]);
