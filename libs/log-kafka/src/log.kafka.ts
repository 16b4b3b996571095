import { META_TOPIC, type TopicSpec } from '@clatter/contract';
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
  sleep,
  type Tail,
  type TailOptions,
} from '@clatter/ports';
import kafkajs, { type Admin, type Kafka, type Producer } from 'kafkajs';
import { type KafkaConnection, kafkaOf, producesSoFar } from './client.kafka.ts';
import { appendErrorOf, readErrorOf } from './errors.kafka.ts';
import { KafkaMember } from './member.kafka.ts';
import { messageOf } from './records.kafka.ts';
import { ensureKafkaTopics, META } from './topics.kafka.ts';

export type KafkaLogOptions = KafkaConnection & {
  readonly prefix: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** ms; detection of a dead member takes as long */
  readonly sessionTimeout?: number;
  readonly heartbeatInterval?: number;
};

const BATCH_BYTES = 900_000;
/** A broker answers the requests of one connection one after the other, so an `acks=all` of one partition would keep those of all others waiting. */
const PRODUCERS = 4;
/** ms: what was surely not appended is tried again so long, as a broker needs to come back or a partition to get a leader */
const AGAIN_FOR = 5_000;
const AGAIN_AFTER = 100;
/** ms from the answer to a member's fetch to its next one: more fetches would cost both sides more than the wait costs a record */
const FETCH_PACE = 2;
const REACHED_WITHIN = 20_000;
const READ_WITHIN = 15_000;
/** The log on Kafka: `acks=all`, one partition per request, no retries of kafkajs' own (it would repeat what had succeeded). */
class KafkaLog implements EventLog {
  logId = '';
  readonly #o: KafkaLogOptions;
  readonly #kafka: Kafka;
  readonly #admin: Admin;
  readonly #producers: readonly Producer[];
  readonly #partitions = new Map<string, number>();
  readonly #members = new Set<KafkaMember>();
  #closed = false;

  constructor(options: KafkaLogOptions) {
    this.#o = options;
    this.#kafka = kafkaOf(options);
    this.#admin = this.#kafka.admin();
    this.#producers = Array.from({ length: PRODUCERS }, () =>
      this.#kafka.producer({
        allowAutoTopicCreation: false,
        metadataMaxAge: 60_000,
        retry: { retries: 0 },
        createPartitioner:
          () =>
          ({ message }) =>
            message.partition ?? 0,
      }),
    );
  }

  async open(): Promise<void> {
    await reached(this.#o.brokers, Promise.all([this.#admin.connect(), ...this.#producers.map((producer) => producer.connect())]));
    await ensureKafkaTopics(this.#admin, this.#o.prefix, [META], 1);
    this.logId = (await this.#readLogId()) ?? (await this.#makeLogId());
  }

  partitions(topic: string): number {
    const count = this.#partitions.get(topic);
    if (count === undefined) throw new LogError('fatal', `there is no topic ${topic}`);
    return count;
  }

  async ensureTopics(specs: readonly TopicSpec[], partitions: number): Promise<void> {
    try {
      await ensureKafkaTopics(this.#admin, this.#o.prefix, specs, partitions);
    } catch (error) {
      throw readErrorOf(error);
    }
    for (const { name } of specs) this.#partitions.set(name, partitions);
  }

  async append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    if (partition >= this.partitions(topic) || records.length === 0)
      throw new LogError('fatal', `${topic} has no partition ${partition}, or there is nothing to append`);
    const bytes = records.reduce((sum, r) => sum + Buffer.byteLength(r.value), 0);
    if (bytes > BATCH_BYTES) throw new LogError('fatal', `a batch of ${bytes} bytes is larger than ${BATCH_BYTES}`);
    for (const end = this.#o.clock.now() + AGAIN_FOR; ; ) {
      try {
        return await this.#produce(topic, partition, records);
      } catch (error) {
        if (!(error instanceof LogError) || error.kind !== 'retriable' || this.#closed || this.#o.clock.now() >= end) throw error;
        await sleep(this.#o.clock, AGAIN_AFTER);
      }
    }
  }

  async #produce(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    const before = producesSoFar();
    try {
      const [done] = await this.#producerOf(partition).send({
        topic: this.#o.prefix + topic,
        acks: -1,
        timeout: 10_000,
        compression: kafkajs.CompressionTypes.None,
        messages: records.map((r) => messageOf(partition, r)),
      });
      return Number(done?.baseOffset);
    } catch (error) {
      throw appendErrorOf(error, producesSoFar() > before);
    }
  }

  /** A reading of its own, with a consumer of its own: for the rare case, not for following a log. */
  async read(topic: string, partition: number, from: number, limit: number): Promise<readonly LogRecord[]> {
    const { start, end } = (await this.ends(topic))[partition] ?? { start: 0, end: 0 };
    if (from < start) throw new LogError('fatal', `${topic}/${partition}: offset ${from} is below the log's start ${start}`);
    if (from >= end) return [];
    return this.#collect(topic, partition, from, Math.min(end, from + limit));
  }

  async ends(topic: string): Promise<readonly Extent[]> {
    return this.#extents(this.#o.prefix + topic);
  }

  async offsetAt(topic: string, partition: number, time: number): Promise<number> {
    try {
      const found = await this.#admin.fetchTopicOffsetsByTimestamp(this.#o.prefix + topic, Math.floor(time));
      const offset = Number(found.find((f) => f.partition === partition)?.offset ?? -1);
      return offset >= 0 ? offset : ((await this.ends(topic))[partition]?.end ?? 0);
    } catch (error) {
      throw readErrorOf(error);
    }
  }

  async join({ group, topics, handler, patience = 0 }: JoinOptions): Promise<Membership> {
    return this.#member(`${this.#o.prefix}${group}`, topics, handler, Math.max(FETCH_PACE, patience));
  }

  /** A group of its own with one member: exact positions as in any group; without committed offsets Kafka forgets it. */
  async tail({ from, records, failed }: TailOptions): Promise<Tail> {
    const next = new Map(Object.entries(from).flatMap(([topic, offsets]) => offsets.map((offset, p) => [`${topic}/${p}`, offset])));
    const topics = Object.keys(from);
    const member = await this.#member(`${this.#o.prefix}tail.${this.#o.ids.name()}`, topics, {
      assigned: async (partition) => Object.fromEntries(topics.map((topic) => [topic, next.get(`${topic}/${partition}`) ?? 0])),
      revoked: async () => {},
      records: (topic, partition, batch, after) => {
        next.set(`${topic}/${partition}`, after);
        records(topic, partition, batch, after);
      },
      failed,
    });
    return { heardAt: () => member.heardAt, close: () => this.#leave(member) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#members].map((member) => this.#leave(member)));
    await Promise.all([this.#admin.disconnect(), ...this.#producers.map((producer) => producer.disconnect())]);
  }

  /** Always the same one for a partition, so that its batches keep their order. */
  #producerOf(partition: number): Producer {
    return this.#producers[partition % PRODUCERS] as Producer;
  }

  async #member(group: string, topics: readonly string[], handler: JoinOptions['handler'], pace = FETCH_PACE): Promise<KafkaMember> {
    const { prefix, clock, log, sessionTimeout = 6_000, heartbeatInterval = 1_000 } = this.#o;
    const startOf = async (topic: string, partition: number): Promise<number> => (await this.#extents(topic))[partition]?.start ?? 0;
    const member = new KafkaMember({
      kafka: this.#kafka,
      group,
      topics: topics.map((t) => prefix + t),
      prefix,
      handler,
      clock,
      log,
      sessionTimeout,
      heartbeatInterval,
      pace,
      startOf,
    });
    this.#members.add(member);
    await reached(this.#o.brokers, member.start());
    return member;
  }

  async #leave(member: KafkaMember): Promise<void> {
    this.#members.delete(member);
    await member.leave();
  }

  async #extents(topic: string): Promise<readonly Extent[]> {
    try {
      const found = await this.#admin.fetchTopicOffsets(topic);
      return found.sort((a, b) => a.partition - b.partition).map(({ low, high }) => ({ start: Number(low), end: Number(high) }));
    } catch (error) {
      throw readErrorOf(error);
    }
  }

  async #collect(topic: string, partition: number, from: number, to: number): Promise<LogRecord[]> {
    const found: LogRecord[] = [];
    let done = (): void => {};
    let fail = (_error: LogError): void => {};
    const all = new Promise<void>((resolve, reject) => {
      done = resolve;
      fail = reject;
    });
    const cancel = this.#o.clock.after(READ_WITHIN, () => fail(new LogError('retriable', `${topic}/${partition} could not be read in time`)));
    const member = await this.#member(`${this.#o.prefix}read.${this.#o.ids.name()}`, [topic], {
      assigned: async (p) => ({ [topic]: p === partition ? from : 'paused' }),
      revoked: async () => {},
      records: (_topic, _partition, records, next) => {
        for (const record of records) if (record.offset < to) found.push(record);
        if (next >= to) done();
      },
      failed: fail,
    });
    try {
      await all;
      return found;
    } finally {
      cancel();
      await this.#leave(member);
    }
  }

  async #readLogId(): Promise<string | undefined> {
    const topic = this.#o.prefix + META_TOPIC;
    const { start, end } = (await this.#extents(topic))[0] ?? { start: 0, end: 0 };
    if (end <= start) return undefined;
    const records = await this.#collect(META_TOPIC, 0, start, end);
    return records.filter((r) => r.key === 'logId').at(-1)?.value;
  }

  /** Two that start at once both write; the first one written counts, so everybody reads it back. */
  async #makeLogId(): Promise<string> {
    const value = this.#o.ids.name().replace(/[^A-Za-z0-9_-]/g, '');
    await this.#producerOf(0).send({ topic: this.#o.prefix + META_TOPIC, acks: -1, messages: [{ partition: 0, key: 'logId', value }] });
    const records = await this.#collect(META_TOPIC, 0, 0, 1);
    return records[0]?.value ?? value;
  }
}

/** @throws {LogError} fatal naming the addresses, where no broker answers in time */
const reached = async (brokers: readonly string[], connecting: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new LogError('fatal', `no Kafka broker answers at ${brokers.join(', ')}`)), REACHED_WITHIN);
  });
  try {
    await Promise.race([connecting, late]);
  } catch (error) {
    throw error instanceof LogError ? error : new LogError('fatal', `no Kafka broker answers at ${brokers.join(', ')}`, error);
  } finally {
    clearTimeout(timer);
  }
};

export const openKafkaLog = async (options: KafkaLogOptions): Promise<EventLog> => {
  const log = new KafkaLog(options);
  await log.open();
  return log;
};
