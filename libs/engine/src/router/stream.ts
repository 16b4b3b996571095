import { type FeedRecord, HEADER } from '@clatter/contract';
import { admit, type Fence, Ring, splitChannels, stampOf } from '@clatter/kernel';
import type { LogRecord } from '@clatter/ports';
import type { RouterRules } from '../rules.ts';
import type { RoutedTopic } from './options.ts';

const OVERHEAD = 200;

/** One partition of one topic as a router keeps it: what was admitted lately, and how far it has read. */
export class Stream {
  readonly topic: string;
  readonly partition: number;
  readonly ring: Ring<FeedRecord>;
  readonly #kind: RoutedTopic['kind'];
  readonly #rules: RouterRules | undefined;
  #fence: Fence;

  constructor(routed: RoutedTopic, partition: number, fence: Fence, rules: RouterRules | undefined) {
    this.topic = routed.topic;
    this.#kind = routed.kind;
    this.partition = partition;
    this.#fence = fence;
    this.#rules = rules;
    this.ring = new Ring(fence.offset);
  }

  /** Takes what was read; returns how many records were void. `next` = the offset after everything read; `admitted` is told of each that counts. */
  take(records: readonly LogRecord[], next: number, admitted: (record: LogRecord) => void): number {
    let dropped = 0;
    for (const record of records) {
      if (this.#kind === 'fenced') {
        const stamp = stampOf(record.headers);
        const verdict = admit(this.#fence, stamp, record.offset, this.#rules);
        this.#fence = verdict.fence;
        if (!verdict.admitted) dropped++;
        if (!verdict.admitted || 'claim' in stamp) continue;
      }
      this.#push(record);
      admitted(record);
    }
    this.ring.advance(next - 1);
    return dropped;
  }

  #push(record: LogRecord): void {
    this.ring.push({
      offset: record.offset,
      at: record.at,
      bytes: record.value.length + OVERHEAD,
      channels: splitChannels(record.headers[HEADER.channels]),
      record,
    });
  }
}
