import type { Clock, GroupHandler, Membership } from '@clatter/ports';
import { Reader } from './reader.ts';
import type { Stream } from './stream.ts';

/** The only member that a group has in a single process: it owns every partition from joining to leaving. */
export class SoleMember implements Membership {
  readonly #handler: GroupHandler;
  readonly #clock: Clock;
  readonly #readers = new Map<string, Reader>();
  readonly #owned = new Set<number>();
  readonly #left: () => void;
  #leaving = false;

  constructor(o: { handler: GroupHandler; clock: Clock; left: () => void }) {
    this.#handler = o.handler;
    this.#clock = o.clock;
    this.#left = o.left;
  }

  /** `streams`: per topic its partitions. */
  begin(streams: ReadonlyMap<string, readonly Stream[]>): void {
    const count = [...streams.values()][0]?.length ?? 0;
    for (let p = 0; p < count; p++) void this.#take(p, streams);
  }

  owns(partition: number): boolean {
    return this.#owned.has(partition);
  }
  pause(topic: string, partition: number): void {
    this.#readers.get(`${topic}/${partition}`)?.pause();
  }
  resume(topic: string, partition: number): void {
    this.#readers.get(`${topic}/${partition}`)?.resume();
  }
  seek(topic: string, partition: number, offset: number): void {
    this.#readers.get(`${topic}/${partition}`)?.seek(offset);
  }
  heartbeat(): Promise<void> {
    return Promise.resolve();
  }
  commit(): void {}

  async leave(): Promise<void> {
    if (this.#leaving) return;
    this.#leaving = true;
    for (const reader of this.#readers.values()) reader.end();
    await Promise.all([...this.#owned].map((p) => this.#handler.revoked(p, 'rebalance')));
    this.#owned.clear();
    this.#left();
  }

  async #take(partition: number, streams: ReadonlyMap<string, readonly Stream[]>): Promise<void> {
    for (let wait = 50; !this.#leaving; wait = Math.min(2_000, wait * 2)) {
      try {
        const from = await this.#handler.assigned(partition);
        if (this.#leaving) return;
        this.#owned.add(partition);
        for (const [topic, parts] of streams) {
          const reader = new Reader(
            parts[partition] as Stream,
            (records, next) => this.#handler.records(topic, partition, records, next),
            (error) => this.#handler.failed(error),
          );
          this.#readers.set(`${topic}/${partition}`, reader);
          const at = from[topic];
          if (typeof at === 'number') reader.seek(at);
        }
        return;
      } catch {
        await new Promise<void>((resolve) => this.#clock.after(wait, resolve));
      }
    }
  }
}
