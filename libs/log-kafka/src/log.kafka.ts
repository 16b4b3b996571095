import type { TopicSpec } from '@clatter/contract';
import {
  type Clock,
  type EventLog,
  type Extent,
  type Ids,
  type JoinOptions,
  type Log,
  LogError,
  type LogRecord,
  type Membership,
  type NewRecord,
  type Tail,
  type TailOptions,
} from '@clatter/ports';
import type { Admin, Kafka } from 'kafkajs';
import { again } from './again.ts';
import { type KafkaConnection, kafkaOf } from './client.kafka.ts';
import { readErrorOf } from './errors.kafka.ts';
import { assertKnownKafkajs } from './inside.kafka.ts';
import { KnownTopics } from './knownTopics.ts';
import { BATCH_BYTES } from './limits.ts';
import { Brokers } from './link/brokers.ts';
import { dialer } from './link/dial.kafka.ts';
import { agreedLogId } from './logId.ts';
import { KafkaMember } from './member/member.kafka.ts';
import { Offsets } from './offsets.ts';
import { Pace } from './pace.ts';
import { REACHED_WITHIN_MS, reached } from './reached.ts';
import { collect } from './reading/collect.ts';
import type { Reading } from './reading/readable.ts';
import { SharedReading } from './reading/shared.ts';
import { ensureKafkaTopics, META } from './topics.kafka.ts';
import { Writing } from './writing/writing.ts';

/** ms from one request to the next where they go on, and how many may leave at once before that (docs/decisions/0010) */
export type KafkaPace = { readonly fetchEveryMs: number; readonly produceEveryMs: number; readonly burst: number };
export const PACE_DEFAULTS: KafkaPace = { fetchEveryMs: 2, produceEveryMs: 2, burst: 4 };

export type KafkaLogOptions = KafkaConnection & {
  readonly prefix: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** ms; detection of a dead member takes as long */
  readonly sessionTimeout?: number;
  /** ms; by default a sixth of the session's time: a member hears of a rebalance by its next heartbeat */
  readonly heartbeatInterval?: number;
  readonly pace?: Partial<KafkaPace>;
};

/** The log on Kafka: requests on links of our own; kafkajs serves groups and administration. Topics have the prefix inside of this only. */
class KafkaLog implements EventLog {
  logId = '';
  readonly #o: KafkaLogOptions;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #brokers: Brokers;
  readonly #offsets: Offsets;
  readonly #writing: Writing;
  readonly #reading: SharedReading;
  readonly #topics: KnownTopics;
  readonly #members = new Set<KafkaMember>();
  #closed = false;

  constructor(options: KafkaLogOptions) {
    assertKnownKafkajs();
    this.#o = options;
    this.#kafka = kafkaOf(options);
    this.#admin = this.#kafka.admin();
    const { clock, log } = options;
    const { fetchEveryMs, produceEveryMs, burst } = { ...PACE_DEFAULTS, ...options.pace };
    const brokers = new Brokers(dialer(options, clock), options.brokers, clock);
    this.#brokers = brokers;
    this.#topics = new KnownTopics(options.prefix, brokers, clock, (run) => this.#again(run));
    this.#offsets = new Offsets(brokers);
    this.#writing = new Writing(brokers, clock, () => new Pace(produceEveryMs, burst));
    this.#reading = new SharedReading({ brokers, clock, log, pace: () => new Pace(fetchEveryMs, burst), startOf: this.#startOf });
  }

  async open(): Promise<void> {
    const { clock, ids, brokers } = this.#o;
    // a little less, so that the last failure is told
    const first = again(
      clock,
      () => this.#closed,
      () => this.#brokers.refresh().catch(rethrow),
      REACHED_WITHIN_MS - 2_000,
    );
    await reached(brokers, first);
    await reached(brokers, this.#admin.connect());
    await this.ensureTopics([META], 1);
    this.logId = await agreedLogId(this, ids);
  }

  partitions(topic: string): number {
    return this.#topics.partitions(topic);
  }

  async ensureTopics(specs: readonly TopicSpec[], partitions: number): Promise<void> {
    // a topic that was made a moment ago is not known to every broker yet
    await this.#again(() => ensureKafkaTopics(this.#admin, this.#o.prefix, specs, partitions).catch(rethrow));
    await this.#topics.learn(specs, partitions);
  }

  async append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    if (partition >= this.partitions(topic) || records.length === 0)
      throw new LogError('fatal', `${topic} has no partition ${partition}, or there is nothing to append`);
    const bytes = records.reduce((sum, r) => sum + Buffer.byteLength(r.value), 0);
    if (bytes > BATCH_BYTES) throw new LogError('fatal', `a batch of ${bytes} bytes is larger than ${BATCH_BYTES}`);
    return this.#again(() => this.#writing.append(this.#topics.full(topic), partition, records));
  }

  /** For the rare case, not for following a log: a loop of its own (reading/collect.ts). */
  async read(topic: string, partition: number, from: number, limit: number): Promise<readonly LogRecord[]> {
    const name = this.#topics.full(topic);
    const { start, end } = await this.#extent(name, partition);
    if (from < start) throw behindStart(name, partition, from, start);
    const dense = this.#topics.dense(name);
    return collect(this.#brokers, this.#o.clock, { topic: name, partition, dense }, from, dense ? Math.min(end, from + limit) : end, limit);
  }

  async ends(topic: string): Promise<readonly Extent[]> {
    const partitions = Array.from({ length: await this.#topics.counted(topic) }, (_, p) => p);
    return this.#extents(this.#topics.full(topic), partitions);
  }

  async extent(topic: string, partition: number): Promise<Extent> {
    if (partition >= (await this.#topics.counted(topic))) throw new LogError('fatal', `${topic} has no partition ${partition}`);
    return this.#extent(this.#topics.full(topic), partition);
  }

  async offsetAt(topic: string, partition: number, time: number): Promise<number> {
    const [offset = -1] = await this.#again(() => this.#offsets.at(this.#topics.full(topic), [partition], Math.max(0, Math.floor(time))));
    return offset >= 0 ? offset : (await this.#extent(this.#topics.full(topic), partition)).end;
  }

  async join({ group, topics, handler, patience = 0 }: JoinOptions): Promise<Membership> {
    const { prefix, clock, log, brokers, sessionTimeout = 6_000, heartbeatInterval = Math.ceil(sessionTimeout / 6) } = this.#o;
    const member = new KafkaMember({
      kafka: this.#kafka,
      group: `${prefix}${group}`,
      topics: topics.map((t) => this.#topics.full(t)),
      prefix,
      handler,
      clock,
      log,
      sessionTimeout,
      heartbeatInterval,
      reading: this.#reading,
      patience,
      dense: (topic) => this.#topics.dense(topic),
      startOf: this.#startOf,
      left: () => this.#members.delete(member),
    });
    this.#members.add(member);
    await reached(brokers, member.start());
    return member;
  }

  async tail({ from, records, failed }: TailOptions): Promise<Tail> {
    const readings: Reading[] = [];
    for (const [topic, offsets] of Object.entries(from)) {
      const name = this.#topics.full(topic);
      const extents = await this.ends(topic);
      for (const [partition, at] of offsets.entries()) {
        const start = extents[partition]?.start ?? 0;
        if (at < start) throw behindStart(name, partition, at, start);
        const take = (batch: readonly LogRecord[], next: number): boolean => {
          records(topic, partition, batch, next);
          return true;
        };
        readings.push(this.#reading.read({ topic: name, partition, dense: this.#topics.dense(name), patience: 0, take, failed }, at));
      }
    }
    for (const reading of readings) reading.resume();
    return {
      heardAt: () => readings.reduce((least, reading) => Math.min(least, reading.heardAt()), this.#o.clock.now()),
      close: async () => {
        for (const reading of readings) reading.end();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members].map((member) => member.leave()));
    this.#reading.close();
    this.#brokers.close();
    await this.#admin.disconnect();
  }

  async #extent(topic: string, partition: number): Promise<Extent> {
    return (await this.#extents(topic, [partition]))[0] as Extent;
  }

  /** First offset that can be read; `topic` with prefix. */
  readonly #startOf = async (topic: string, partition: number): Promise<number> => (await this.#extent(topic, partition)).start;

  #extents(topic: string, partitions: readonly number[]): Promise<readonly Extent[]> {
    return this.#again(() => this.#offsets.extents(topic, partitions));
  }

  #again<T>(run: () => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new LogError('fatal', 'the log was closed'));
    return again(this.#o.clock, () => this.#closed, run);
  }
}

const behindStart = (topic: string, partition: number, offset: number, start: number): LogError =>
  new LogError('fatal', `${topic}/${partition}: offset ${offset} is below the log's start ${start}`);
const rethrow = (error: unknown): never => {
  throw readErrorOf(error);
};

/**
 * Opens the log on Kafka, and gives it an identity where it has none.
 * @throws {LogError} fatal where no broker answers within 20 s, credentials are refused, or the topic of the identity is not as it must be
 */
export const openKafkaLog = async (options: KafkaLogOptions): Promise<EventLog> => {
  const log = new KafkaLog(options);
  await log.open();
  return log;
};
