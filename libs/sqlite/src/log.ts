import type { LimitRow, TopicSpec } from '@clatter/contract';
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
import { GroupCommit } from './groupCommit.ts';
import { SoleMember } from './membership.ts';
import type { StreamHead } from './messages.ts';
import { Reader } from './reader.ts';
import { KEPT, Stream } from './stream.ts';
import { WorkerClient } from './workerClient.ts';

export type SqliteLogOptions = {
  readonly path: string;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  /** the worker is gone: nothing more can be made durable, the process must end */
  readonly died: (error: Error) => void;
};

/** Limits of the log of the embedded mode; docs/limits.md is made of them. */
export const SQLITE_LIMITS = {
  waiting: { value: 64 * 1024 * 1024, unit: 'characters waiting for the disk', beyond: 'appends are refused as retriable: error unavailable' },
  record: { value: 1024 * 1024, unit: 'characters of one record', beyond: 'the append is refused for good' },
  kept: {
    value: KEPT.size,
    unit: `characters of a partition's newest records in memory, ${KEPT.records} records at most`,
    beyond: 'older ones are read from the file',
  },
} as const satisfies Record<string, LimitRow>;
const WAITING = SQLITE_LIMITS.waiting.value;
const VALUE = SQLITE_LIMITS.record.value;
const TRIM_EVERY = 3_600_000;
/** records; who appends waits for no more than one piece */
const TRIMMED_AT_ONCE = 50_000;

/**
 * The log of the embedded mode: one file, one writer thread, group commit. Readers see durable records only after their commit (P1).
 */
class SqliteLog implements EventLog {
  readonly logId: string;
  readonly #o: SqliteLogOptions;
  readonly #worker: WorkerClient;
  readonly #commits: GroupCommit;
  readonly #topics = new Map<string, Stream[]>();
  readonly #groups = new Set<string>();
  readonly #members = new Set<SoleMember>();
  #stopTrim = (): void => {};

  constructor(options: SqliteLogOptions, worker: WorkerClient) {
    this.#o = options;
    this.#worker = worker;
    this.#commits = new GroupCommit(worker, options.clock);
    this.logId = worker.logId;
  }

  partitions(topic: string): number {
    return this.#streams(topic).length;
  }

  async ensureTopics(specs: readonly TopicSpec[], partitions: number): Promise<void> {
    const wrong = wrongCounts(await this.#worker.ask<StreamHead[]>({ t: 'streams', topics: [] }), specs, partitions);
    if (wrong.length > 0) throw new LogError('fatal', `${wrong.join('; ')}: the number is fixed for life.`);
    const stored = specs.filter((s) => s.durability !== 'soft').map(({ name }) => ({ topic: name, partitions }));
    const heads = await this.#worker.ask<StreamHead[]>({ t: 'streams', topics: stored });
    for (const spec of specs) {
      const found = heads.filter((head) => head.topic === spec.name);
      const known = this.#topics.get(spec.name);
      if (known && known.length !== partitions) throw new LogError('fatal', `${spec.name} has ${known.length} partitions, not ${partitions}.`);
      if (known) continue;
      const head = (p: number): StreamHead => found.find((h) => h.partition === p) ?? { topic: spec.name, partition: p, stream: -1, start: 0, next: 0, at: 0 };
      this.#topics.set(
        spec.name,
        Array.from({ length: partitions }, (_, p) => new Stream(spec, head(p), this.#worker)),
      );
    }
    this.#stopTrim();
    await this.#trim();
  }

  append(topic: string, partition: number, records: readonly NewRecord[]): Promise<number> {
    const stream = this.#streams(topic)[partition];
    if (!stream || records.length === 0) return Promise.reject(new LogError('fatal', `${topic} has no partition ${partition}, or there is nothing to append`));
    const size = records.reduce((sum, r) => sum + r.value.length, 0);
    if (records.some((r) => r.value.length > VALUE)) return Promise.reject(new LogError('fatal', `a record of ${topic} is larger than ${VALUE} characters`));
    if (this.#commits.waiting + size > WAITING) return Promise.reject(new LogError('retriable', 'too much waits for the disk'));
    const now = this.#o.clock.now();
    const base = stream.next;
    const placed = records.map(({ key, headers, value }) => stream.place(key, headers, value, now));
    const { durability } = stream.spec;
    const next = stream.next;
    if (durability === 'durable') {
      return new Promise((resolve) => {
        this.#commits.add(stream, placed, size, () => {
          resolve(base);
          stream.show(next);
        });
      });
    }
    if (durability === 'queued') this.#commits.add(stream, placed, size);
    stream.show(next);
    return Promise.resolve(base);
  }

  async read(topic: string, partition: number, from: number, limit: number): Promise<readonly LogRecord[]> {
    const stream = this.#stream(topic, partition);
    return stream.read(from, limit);
  }

  async ends(topic: string): Promise<readonly Extent[]> {
    return this.#streams(topic).map(({ start, visible }) => ({ start, end: visible }));
  }

  async extent(topic: string, partition: number): Promise<Extent> {
    const { start, visible } = this.#stream(topic, partition);
    return { start, end: visible };
  }

  async offsetAt(topic: string, partition: number, time: number): Promise<number> {
    const stream = this.#stream(topic, partition);
    if (stream.spec.durability === 'soft') return stream.visible;
    return (await this.#worker.ask<number | null>({ t: 'offsetAt', stream: stream.id, time })) ?? stream.visible;
  }

  async join({ group, topics, handler }: JoinOptions): Promise<Membership> {
    if (this.#groups.has(group)) throw new LogError('fatal', `the group ${group} has its one member already`);
    this.#groups.add(group);
    const streams = new Map(topics.map((topic) => [topic, this.#streams(topic)]));
    const left = (): void => {
      this.#groups.delete(group);
      this.#members.delete(member);
    };
    const member = new SoleMember({ handler, clock: this.#o.clock, left });
    this.#members.add(member);
    member.begin(streams);
    return member;
  }

  async tail({ from, records, failed }: TailOptions): Promise<Tail> {
    const readers: Reader[] = [];
    for (const [topic, offsets] of Object.entries(from)) {
      for (const [p, offset] of offsets.entries()) {
        const reader = new Reader(this.#streams(topic)[p] as Stream, (batch, next) => records(topic, p, batch, next), failed);
        reader.seek(offset);
        readers.push(reader);
      }
    }
    return {
      heardAt: () => this.#o.clock.now(), // in one process the log is heard as long as there is a process
      close: async () => {
        for (const reader of readers) reader.end();
      },
    };
  }

  async close(): Promise<void> {
    this.#stopTrim();
    await Promise.all([...this.#members].map((m) => m.leave()));
    this.#commits.post();
    await this.#worker.close();
  }

  #streams(topic: string): Stream[] {
    const found = this.#topics.get(topic);
    if (!found) throw new LogError('fatal', `there is no topic ${topic}`);
    return found;
  }

  #stream(topic: string, partition: number): Stream {
    const stream = this.#streams(topic)[partition];
    if (!stream) throw new LogError('fatal', `${topic} has no partition ${partition}`);
    return stream;
  }

  /** Drops what is beyond its retention, piece by piece, and compacts registers. */
  async #trim(): Promise<void> {
    try {
      for (const streams of this.#topics.values()) for (const stream of streams) await this.#trimOne(stream);
    } catch (error) {
      this.#o.log.warn({ error }, 'old records could not be dropped');
    }
    this.#stopTrim = this.#o.clock.after(TRIM_EVERY, () => void this.#trim());
  }

  async #trimOne(stream: Stream): Promise<void> {
    const { durability, cleanup, retention } = stream.spec;
    if (durability === 'soft') return;
    if (cleanup === 'compact') await this.#worker.ask({ t: 'compact', stream: stream.id, below: stream.visible });
    if (cleanup !== 'delete' || retention === undefined) return;
    const before = this.#o.clock.now() - retention;
    for (;;) {
      const start = await this.#worker.ask<number | null>({ t: 'trim', stream: stream.id, before, most: TRIMMED_AT_ONCE });
      if (start === null || start <= stream.start) return;
      stream.start = start;
    }
  }
}

/** Topics that are there with another number of partitions; asked before any is added. */
const wrongCounts = (heads: readonly StreamHead[], specs: readonly TopicSpec[], partitions: number): readonly string[] =>
  specs.flatMap(({ name }) => {
    const found = heads.filter((head) => head.topic === name).length;
    return found === 0 || found === partitions ? [] : [`${name} has ${found} partitions, not ${partitions}`];
  });

/** A topic as it is in the file. */
export type SqliteTopic = { readonly name: string; readonly created: boolean; readonly partitions: number; readonly differs: readonly string[] };

/** What an operator does to the file while no Clatter has it open. @throws where another process has it */
export const operateSqliteLog = async <T>(
  path: string,
  run: (log: { topics(specs: readonly TopicSpec[], partitions: number): Promise<readonly SqliteTopic[]>; renewLogId(ids: Ids): Promise<string> }) => Promise<T>,
): Promise<T> => {
  const worker = await WorkerClient.open({ path, logId: 'none' }, () => {});
  try {
    return await run({
      topics: async (specs, partitions) => {
        const before = await worker.ask<StreamHead[]>({ t: 'streams', topics: [] });
        const count = (heads: readonly StreamHead[], name: string): number => heads.filter((head) => head.topic === name).length;
        const missing = specs.filter((s) => s.durability !== 'soft' && count(before, s.name) === 0);
        const heads = await worker.ask<StreamHead[]>({ t: 'streams', topics: missing.map(({ name }) => ({ topic: name, partitions })) });
        return specs.map((spec) => ({
          name: spec.name,
          created: missing.includes(spec),
          partitions: spec.durability === 'soft' ? partitions : count(heads, spec.name),
          differs: wrongCounts(heads, [spec], partitions),
        }));
      },
      renewLogId: async (ids) => {
        const logId = nameOf(ids);
        await worker.ask({ t: 'newLogId', logId });
        return logId;
      },
    });
  } finally {
    await worker.close();
  }
};

const nameOf = (ids: Ids): string => ids.name().replace(/[^A-Za-z0-9_-]/g, '');

/** @throws where the file can't be opened, or another process has it */
export const openSqliteLog = async (options: SqliteLogOptions): Promise<EventLog> => {
  const worker = await WorkerClient.open({ path: options.path, logId: nameOf(options.ids) }, options.died);
  return new SqliteLog(options, worker);
};
