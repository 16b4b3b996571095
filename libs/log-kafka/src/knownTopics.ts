import type { TopicSpec } from '@clatter/contract';
import { type Clock, LogError, sleep } from '@clatter/ports';
import { AGAIN_AFTER_MS, type Again } from './again.ts';
import { readErrorOf } from './errors.kafka.ts';
import type { Brokers } from './link/brokers.ts';

/** ms until a topic that was made a moment ago must have its leaders */
const LEADERS_WITHIN_MS = 15_000;

/** The topics of a log: their full names, how many partitions each has, and whether every offset of one has its record. */
export class KnownTopics {
  readonly #prefix: string;
  readonly #brokers: Brokers;
  readonly #clock: Clock;
  readonly #again: Again;
  readonly #partitions = new Map<string, number>();
  readonly #compacted = new Set<string>();

  constructor(prefix: string, brokers: Brokers, clock: Clock, again: Again) {
    this.#prefix = prefix;
    this.#brokers = brokers;
    this.#clock = clock;
    this.#again = again;
  }

  /** With prefix, as brokers know it. */
  full(topic: string): string {
    return this.#prefix + topic;
  }

  /** Whether every offset of a topic (with prefix) has its record. */
  dense(name: string): boolean {
    return !this.#compacted.has(name);
  }

  partitions(topic: string): number {
    const count = this.#partitions.get(topic);
    if (count === undefined) throw new LogError('fatal', `there is no topic ${topic}`);
    return count;
  }

  /** As `partitions`; a topic that nobody told of is asked for. @throws {LogError} */
  async counted(topic: string): Promise<number> {
    const known = this.#partitions.get(topic);
    if (known !== undefined) return known;
    const name = this.full(topic);
    this.#brokers.know([name]);
    return this.#again(async () => {
      await this.#fresh();
      const count = this.#brokers.partitions(name);
      if (count > 0) return count;
      this.#brokers.doubt();
      throw new LogError('retriable', `there is no topic ${name}`);
    });
  }

  /** These topics are there; resolves when every partition of them has a leader. @throws {LogError} */
  async learn(specs: readonly TopicSpec[], partitions: number): Promise<void> {
    const names = specs.map(({ name }) => this.full(name));
    for (const { name, cleanup } of specs) {
      this.#partitions.set(name, partitions);
      if (cleanup === 'compact') this.#compacted.add(this.full(name));
    }
    this.#brokers.know(names);
    const all = Array.from({ length: partitions }, (_, p) => p);
    for (const end = this.#clock.now() + LEADERS_WITHIN_MS; ; ) {
      await this.#again(() => this.#fresh());
      const lacking = names.find((name) => all.some((p) => this.#brokers.leader(name, p) === undefined));
      if (lacking === undefined) return;
      if (this.#clock.now() >= end) throw new LogError('retriable', `${lacking} has partitions without a leader`);
      this.#brokers.doubt();
      await sleep(this.#clock, AGAIN_AFTER_MS);
    }
  }

  async #fresh(): Promise<void> {
    try {
      await this.#brokers.refresh();
    } catch (error) {
      throw readErrorOf(error);
    }
  }
}
