import type { EventLog, GroupHandler, LogError, LogRecord, Membership, Tail } from '@clatter/ports';
import { expect, onTestFinished } from 'vitest';
import { until } from '../flow/harness.ts';
import { durableTopic, within } from './kafkaLog.ts';
import { Writer } from './writer.ts';

/** What one reader was handed, per partition from offset 0 on. It must be every record, once. */
class Reading {
  readonly values: number[][];
  /** every record that was not the next one */
  readonly wrong: string[] = [];
  readonly failures: LogError[] = [];
  readonly #newest: number[];

  constructor(partitions: number) {
    this.values = Array.from({ length: partitions }, () => []);
    this.#newest = this.values.map(() => -1);
  }

  /** the offset of the next record */
  next(p: number): number {
    return this.values[p]?.length ?? 0;
  }

  newest(p: number): number {
    return this.#newest[p] ?? -1;
  }

  readonly take = (_topic: string, p: number, records: readonly LogRecord[]): void => {
    for (const { offset, value } of records) {
      if (offset !== this.next(p)) this.wrong.push(`partition ${p}: ${offset} instead of ${this.next(p)}`);
      this.values[p]?.push(Number(value));
      this.#newest[p] = Math.max(this.newest(p), Number(value));
    }
  };

  readonly failed = (error: LogError): void => void this.failures.push(error);
}

/** One writer for each partition of a topic; a tail and a member of a group read them all meanwhile. */
export class Traffic {
  readonly topic: string;
  readonly writers: readonly Writer[];
  readonly #log: EventLog;
  readonly #tailed: Reading;
  readonly #joined: Reading;
  #readers: readonly [Tail, Membership] | undefined;
  #running: Promise<unknown> = Promise.resolve();

  /** `gap`: ms between two appends to a partition */
  constructor(log: EventLog, topic: string, partitions: number, gap = 0) {
    this.topic = topic;
    this.#log = log;
    this.writers = Array.from({ length: partitions }, (_, p) => new Writer(log, topic, p, gap));
    this.#tailed = new Reading(partitions);
    this.#joined = new Reading(partitions);
  }

  /** For one test: it ends with the test at the latest. */
  static async start(log: EventLog, topic: string, partitions: number, gap?: number): Promise<Traffic> {
    const traffic = new Traffic(log, topic, partitions, gap);
    onTestFinished(() => traffic.abandon());
    await traffic.begin();
    return traffic;
  }

  /** Makes the topic and begins; resolves when every partition is written and read. */
  async begin(): Promise<void> {
    const [log, topic] = [this.#log, this.topic];
    await log.ensureTopics([durableTopic(topic)], this.writers.length);
    const { take, failed } = this.#joined;
    const handler: GroupHandler = {
      assigned: async (p) => ({ [topic]: this.#joined.next(p) }),
      revoked: async () => {},
      records: take,
      failed,
    };
    this.#readers = [
      await log.tail({ from: { [topic]: this.writers.map(() => 0) }, records: this.#tailed.take, failed: this.#tailed.failed }),
      await log.join({ group: topic, topics: [topic], handler }),
    ];
    this.#running = Promise.all(this.writers.map((writer) => writer.run()));
    this.#running.catch(() => {}); // `stop` tells
    await this.flows(10, 60_000);
  }

  /** Waits until in every partition `more` records have been acknowledged from now on, and both readers have them. */
  async flows(more: number, ms: number): Promise<void> {
    const goals = this.writers.map(({ acknowledged }) => acknowledged.length + more);
    const behind = (): string[] =>
      goals.flatMap((goal, p) => {
        const [written, tailed, joined] = [this.writers[p]?.acknowledged.length ?? 0, this.#tailed.newest(p) + 1, this.#joined.newest(p) + 1];
        return Math.min(written, tailed, joined) >= goal ? [] : [`partition ${p}: ${written} written, tail at ${tailed}, member at ${joined}, not ${goal}`];
      });
    try {
      await until(`${this.topic} flows`, () => behind().length === 0, ms);
    } catch (error) {
      const failures = [...this.#tailed.failures, ...this.#joined.failures].map(({ message }) => message);
      throw new Error([`${this.topic} does not flow within ${ms} ms`, ...behind(), ...failures].join('\n  '), { cause: error });
    }
  }

  /** Lets the writers end, waits until all is read, and judges: nothing is missing, all stand in order, doubled only where the fate was not known. */
  async stop(ms: number): Promise<void> {
    for (const writer of this.writers) writer.stopped = true;
    await within(ms, `the last appends to ${this.topic}`, this.#running);
    await this.flows(0, ms);
    const [tail, member] = this.#readers ?? [];
    await within(ms, `the end of the tail of ${this.topic}`, Promise.resolve(tail?.close()));
    await within(ms, `the member's leave of ${this.topic}`, Promise.resolve(member?.leave()));
    for (const reading of [this.#tailed, this.#joined]) {
      expect(reading.failures).toEqual([]);
      expect(reading.wrong).toEqual([]);
      for (const [p, { acknowledged, ambiguous }] of this.writers.entries()) {
        const values = reading.values[p] ?? [];
        const once = [...new Set(values)];
        expect(once, `partition ${p}`).toEqual(acknowledged);
        expect(values.length - once.length, `doubled in partition ${p}`).toBeLessThanOrEqual(ambiguous);
      }
    }
  }

  /** What a test that failed leaves behind must not disturb the next one. */
  abandon(): void {
    for (const writer of this.writers) writer.abandon();
    const [tail, member] = this.#readers ?? [];
    Promise.all([tail?.close(), member?.leave()]).catch(() => {});
  }

  /** ms, for each partition */
  get stalls(): number[] {
    return this.writers.map(({ stall }) => Math.round(stall));
  }

  get slowest(): number {
    return Math.max(...this.writers.map(({ slowest }) => Math.round(slowest)));
  }
}
