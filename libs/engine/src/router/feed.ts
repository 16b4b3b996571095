import type { EdgeToRouter, FeedRecord, Watermarks } from '@clatter/contract';
import type { RouterFeed } from '@clatter/ports';
import type { RouterRules } from '../rules.ts';
import type { RouterSettings } from '../settings.ts';
import type { Stream } from './stream.ts';

/** How far an edge was covered in one stream (`at`), and up to where nothing more concerns it (`seen` ≥ `at`). */
type Place = { at: number; seen: number };

/**
 * One edge as the router knows it: a place in every stream and a set of channels. No queue: it is pumped from its place
 * as fast as the connection takes it (design §5).
 */
export class EdgePump {
  readonly #feed: RouterFeed;
  readonly #streams: readonly Stream[];
  readonly #settings: RouterSettings;
  readonly #rules: RouterRules;
  readonly #logId: string;
  readonly #places = new Map<Stream, Place>();
  readonly #ended: (pump: EdgePump, why: string) => void;
  #channels = new Set<string>();
  #greeted = false;
  #full = false;
  #over = false;
  edge = '';

  constructor(o: {
    feed: RouterFeed;
    streams: readonly Stream[];
    settings: RouterSettings;
    rules: RouterRules;
    logId: string;
    ended: (pump: EdgePump, why: string) => void;
  }) {
    this.#feed = o.feed;
    this.#streams = o.streams;
    this.#settings = o.settings;
    this.#rules = o.rules;
    this.#logId = o.logId;
    this.#ended = o.ended;
    o.feed.open({
      message: (message) => this.#take(message),
      closed: (why) => this.#end(why),
      drained: () => {
        this.#full = false;
        this.pumpAll();
      },
    });
  }

  close(why: string): void {
    this.#feed.close(why);
    this.#end(why);
  }

  /** Sends what concerns this edge of everything that the stream has read. */
  pump(stream: Stream): void {
    const place = this.#places.get(stream);
    if (!this.#greeted || this.#over || this.#full || !place) return;
    const position = stream.ring.position;
    if (position <= place.seen) return; // also: this router is behind the edge, and says nothing until it is there
    if (place.seen < stream.ring.low && this.#rules.reset !== false) return this.#reset();
    const records = stream.ring.between(place.seen, position, (channels) => channels.some((c) => this.#channels.has(c)));
    place.seen = position;
    if (records.length > 0) this.#cover(stream, place, records, position);
  }

  pumpAll(): void {
    for (const stream of this.#streams) this.pump(stream);
  }

  /** Tells the edge how far it is covered, also where nothing concerned it. One frame. */
  settle(): void {
    this.pumpAll();
    if (this.#greeted && !this.#over && !this.#full) this.#even();
  }

  /** Soft records have no position: a full connection misses them. */
  soft(topic: string, records: readonly FeedRecord[], channelsOf: (record: FeedRecord) => readonly string[]): void {
    if (!this.#greeted || this.#over || this.#full) return;
    const wanted = records.filter((record) => channelsOf(record).some((c) => this.#channels.has(c)));
    if (wanted.length > 0) this.#send({ t: 'soft', topic, records: wanted });
  }

  #take(message: EdgeToRouter): void {
    if (this.#over) return;
    if (message.t === 'hello') return this.#hello(message);
    if (!this.#greeted) return this.close('subscribe before hello');
    // What was looked at with the set so far is told first: `add` then counts from exactly the edge's watermarks.
    if (this.#rules.pumpFirst !== false) this.#even();
    for (const channel of message.add ?? []) this.#channels.add(channel);
    for (const channel of message.remove ?? []) this.#channels.delete(channel);
    this.#send({ t: 'applied', n: message.n });
  }

  #hello(message: EdgeToRouter & { t: 'hello' }): void {
    this.edge = message.edge;
    this.#channels = new Set(message.channels);
    const given = message.watermarks;
    const known = given !== undefined && message.logId === this.#logId;
    for (const stream of this.#streams) {
      const mark = given?.[stream.topic]?.[stream.partition];
      const from = known && mark !== undefined ? mark : stream.ring.position;
      const at = this.#rules.waitsForWatermark === false ? Math.min(from, stream.ring.position) : from;
      this.#places.set(stream, { at, seen: at });
    }
    this.#greeted = true;
    if (given && !known) return this.#reset();
    this.#send({
      t: 'applied',
      n: message.n,
      logId: this.#logId,
      ...(given ? {} : { watermarks: this.#watermarks() }),
    });
    this.pumpAll();
  }

  /** Moves every watermark of the edge up to where the router has looked. */
  #even(): void {
    const moves: [string, number, number, number][] = [];
    for (const [stream, place] of this.#places) {
      if (place.seen <= place.at) continue;
      moves.push([stream.topic, stream.partition, place.at, place.seen]);
      place.at = place.seen;
    }
    this.#send({ t: 'covers', moves }); // an empty one too: a silent router is taken for dead
  }

  #watermarks(): Watermarks {
    const at: Record<string, number[]> = {};
    for (const [stream, place] of this.#places) {
      const offsets = at[stream.topic] ?? [];
      offsets[stream.partition] = place.at;
      at[stream.topic] = offsets;
    }
    return at;
  }

  #cover(stream: Stream, place: Place, records: readonly FeedRecord[], position: number): void {
    for (let i = 0; i < records.length; ) {
      const from = i;
      for (let bytes = 0; i < records.length && i - from < this.#settings.coverRecords && bytes < this.#settings.coverBytes; i++)
        bytes += records[i]?.value.length ?? 0;
      const to = i === records.length ? position : (records[i - 1]?.offset ?? position);
      const ok = this.#send({
        t: 'cover',
        topic: stream.topic,
        partition: stream.partition,
        from: place.at,
        to,
        records: records.slice(from, i),
      });
      place.at = to;
      if (!ok && i < records.length) {
        place.seen = to; // the rest when the connection has drained
        return;
      }
    }
  }

  #send(message: Parameters<RouterFeed['send']>[0]): boolean {
    const ok = this.#feed.send(message);
    if (!ok) this.#full = true;
    return ok;
  }

  /** The edge's place fell out of the ring: it has to begin anew, and its clients sync. */
  #reset(): void {
    this.#feed.send({ t: 'reset' });
    this.#over = true;
    this.#ended(this, 'reset');
  }

  #end(why: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#ended(this, why);
  }
}
