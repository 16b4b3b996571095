import type { Clock } from '@clatter/ports';
import type { Consumer, TopicPartitionOffsetAndMetadata } from 'kafkajs';

const COMMIT_MS = 1_000;

/** Tells the group how far its member is, for lag metrics only: one request a second for all partitions, and failures are ignored. */
export class Progress {
  readonly #consumer: Consumer;
  readonly #clock: Clock;
  readonly #holds: (partition: number) => boolean;
  readonly #offsets = new Map<string, TopicPartitionOffsetAndMetadata>();

  constructor(consumer: Consumer, clock: Clock, holds: (partition: number) => boolean) {
    this.#consumer = consumer;
    this.#clock = clock;
    this.#holds = holds;
  }

  /** `topic` with prefix */
  note(topic: string, partition: number, offset: number): void {
    if (this.#offsets.size === 0) this.#clock.after(COMMIT_MS, () => this.#tell());
    this.#offsets.set(`${topic}/${partition}`, { topic, partition, offset: String(offset) });
  }

  #tell(): void {
    const offsets = [...this.#offsets.values()].filter(({ partition }) => this.#holds(partition));
    this.#offsets.clear();
    if (offsets.length > 0) this.#consumer.commitOffsets(offsets).catch(() => {});
  }
}
