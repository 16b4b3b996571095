import type { FeedRecord, RouterToEdge, ServiceName, Watermarks } from '@clatter/contract';
import { encodeCursor, fullJitter } from '@clatter/kernel';
import type { Clock, EdgeFeed, FeedDialer, Ids, Log } from '@clatter/ports';
import type { EdgeRules } from '../rules.ts';
import type { EdgeSettings } from '../settings.ts';
import { Channels } from './channels.ts';

export type FeedClientOptions = {
  readonly service: ServiceName;
  readonly instance: string;
  readonly dialer: FeedDialer;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly settings: EdgeSettings;
  readonly log: Log;
  readonly rules: EdgeRules;
  readonly record: (topic: string, partition: number, record: FeedRecord) => void;
  readonly soft: (topic: string, record: FeedRecord) => void;
  /** the router applied something, or watermarks became known */
  readonly applied: () => void;
  /** the place in the stream was lost: everything that counted on it is void */
  readonly reset: () => void;
};

/**
 * The edge's side of a feed (design §5). Keeps a watermark per topic and partition; goes on with any
 * router after a break; where no router can fill the gap any more it says `reset`.
 */
export class FeedClient {
  readonly channels: Channels;
  readonly #o: FeedClientOptions;
  #feed: EdgeFeed | undefined;
  #watermarks: Record<string, number[]> | undefined;
  #logId: string | undefined;
  /** of these watermarks; every session asks for it with each heartbeat */
  #cursor: string | undefined;
  #heard = 0;
  #attempt = 0;
  #stopped = false;
  #scheduled = false;

  constructor(options: FeedClientOptions) {
    this.#o = options;
    this.channels = new Channels(() => this.#schedule());
  }

  start(): void {
    void this.#connect();
    this.#watch();
  }

  stop(): void {
    this.#stopped = true;
    this.#feed?.close('the edge stops');
  }

  get connected(): boolean {
    return this.#watermarks !== undefined && this.#feed !== undefined;
  }

  get logId(): string | undefined {
    return this.#logId;
  }

  /** A copy; undefined until a router has told where this edge begins. */
  watermarks(): Record<string, number[]> | undefined {
    const at = this.#watermarks;
    return at && Object.fromEntries(Object.entries(at).map(([topic, offsets]) => [topic, [...offsets]]));
  }

  /** The watermarks as a client keeps them; undefined until they are known. */
  get cursor(): string | undefined {
    const at = this.#watermarks;
    if (at && this.#logId !== undefined) this.#cursor ??= encodeCursor({ logId: this.#logId, at });
    return this.#cursor;
  }

  isApplied(channel: string): boolean {
    if (this.#o.rules.waitApplied === false) return this.channels.isWanted(channel) && this.#watermarks !== undefined;
    return this.#watermarks !== undefined && this.channels.isApplied(channel);
  }

  /** Changes of one turn go out in one frame. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#feed) return; // the next hello states everything
      const change = this.channels.take();
      if (change) this.#feed.send({ t: 'subscribe', ...change });
    });
  }

  async #connect(): Promise<void> {
    if (this.#stopped) return;
    let feed: EdgeFeed;
    try {
      feed = await this.#o.dialer.dial(this.#o.service);
    } catch (error) {
      this.#o.log.warn({ service: this.#o.service, error }, 'no router can be reached');
      return this.#again();
    }
    if (this.#stopped) return feed.close('the edge stops');
    this.#feed = feed;
    this.#heard = this.#o.clock.now();
    feed.open({ message: (message) => this.#take(feed, message), closed: (why) => this.#lost(feed, why) });
    const { n, channels } = this.channels.all();
    const known = this.#watermarks && this.#logId ? { watermarks: this.watermarks() as Watermarks, logId: this.#logId } : {};
    feed.send({ t: 'hello', edge: this.#o.instance, n, channels, ...known });
  }

  #take(feed: EdgeFeed, message: RouterToEdge): void {
    if (feed !== this.#feed) return;
    this.#heard = this.#o.clock.now();
    switch (message.t) {
      case 'applied':
        this.#attempt = 0;
        this.#cursor = undefined;
        if (message.logId) this.#logId = message.logId;
        if (message.watermarks) this.#watermarks = Object.fromEntries(Object.entries(message.watermarks).map(([t, o]) => [t, [...o]]));
        this.channels.applied(message.n);
        return this.#o.applied();
      case 'cover':
        return this.#cover(feed, message);
      case 'covers':
        for (const [topic, partition, from, to] of message.moves) {
          if (!this.#isAt(topic, partition, from)) return this.#drop(feed, 'watermark');
          this.#reach(topic, partition, to);
        }
        return;
      case 'soft':
        for (const record of message.records) this.#o.soft(message.topic, record);
        return;
      case 'reset':
        this.#watermarks = undefined;
        this.#cursor = undefined;
        this.channels.forget();
        this.#drop(feed, 'reset');
        return this.#o.reset();
      default:
        message satisfies never;
    }
  }

  #cover(feed: EdgeFeed, { topic, partition, from, to, records }: RouterToEdge & { t: 'cover' }): void {
    if (!this.#watermarks?.[topic]) return;
    if (!this.#isAt(topic, partition, from)) return this.#drop(feed, 'watermark');
    for (const record of records) this.#o.record(topic, partition, record); // in one turn: nobody sees the watermark meanwhile
    this.#reach(topic, partition, to);
  }

  /** What follows must begin where this edge is; of what is not known yet anything does. */
  #isAt(topic: string, partition: number, from: number): boolean {
    const at = this.#watermarks?.[topic];
    return !at || this.#o.rules.wmEquality === false || at[partition] === from;
  }

  #reach(topic: string, partition: number, to: number): void {
    const at = this.#watermarks?.[topic];
    if (!at) return;
    at[partition] = Math.max(at[partition] ?? -1, to);
    this.#cursor = undefined;
  }

  #drop(feed: EdgeFeed, why: string): void {
    feed.close(why);
    this.#lost(feed, why);
  }

  #lost(feed: EdgeFeed, why: string): void {
    if (feed !== this.#feed) return;
    this.#feed = undefined;
    if (this.#stopped) return;
    this.#o.log.info({ service: this.#o.service, why }, 'the feed ended');
    this.#again();
  }

  #again(): void {
    const wait = fullJitter(this.#attempt++, this.#o.ids.random(), this.#o.settings.feedRetry, 1_000);
    this.#o.clock.after(wait, () => void this.#connect());
  }

  #watch(): void {
    this.#o.clock.after(this.#o.settings.feedSilence / 5, () => {
      if (this.#stopped) return;
      const feed = this.#feed;
      if (feed && this.#o.clock.now() - this.#heard > this.#o.settings.feedSilence) this.#drop(feed, 'silent');
      this.#watch();
    });
  }
}
