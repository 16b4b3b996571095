import { type Clock, type GroupHandler, type Log, LogError, type Membership } from '@clatter/ports';
import type { Batch, Consumer, Kafka } from 'kafkajs';
import { copartitionSticky } from './assigner.kafka.ts';
import { watchCluster } from './facade.kafka.ts';
import { FetchPace } from './pace.ts';
import { recordOf } from './records.kafka.ts';

export type MemberOptions = {
  readonly kafka: Kafka;
  readonly group: string;
  /** with prefix */
  readonly topics: readonly string[];
  readonly prefix: string;
  readonly handler: GroupHandler;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessionTimeout: number;
  readonly heartbeatInterval: number;
  /** ms from the answer to a fetch to the next one, unless there is more to fetch already */
  readonly pace: number;
  /** first offset that can be read, per topic and partition: below it reading would jump silently */
  readonly startOf: (topic: string, partition: number) => Promise<number>;
};

type Holding = { readonly next: Map<string, number>; readonly paused: Set<string>; ready: boolean };

const FLUSH_MS = 3_000;
const LEASE_MARGIN = 500;
const COMMIT_MS = 1_000;
/** partitions of one fetch that are handed on side by side: what is handed on keeps nobody waiting */
const AT_ONCE = 64;

/**
 * One member of a consumer group whose offsets are the caller's (docs/decisions/0005). The first record handed on after a
 * start, a seek or a rebalance is exactly the one asked for; a member whose lease may be over hands on nothing.
 */
export class KafkaMember implements Membership {
  readonly #o: MemberOptions;
  readonly #consumer: Consumer;
  readonly #pace: FetchPace;
  readonly #holdings = new Map<number, Holding>();
  readonly #taking = new Map<number, Promise<void>>();
  readonly #waiting: { readonly since: number; readonly done: () => void }[] = [];
  readonly #progress = new Map<string, { readonly topic: string; readonly partition: number; readonly offset: string }>();
  #memberId = '';
  #units: number[] = [];
  #joinedGeneration = -1;
  #heldGeneration = -1;
  #fenced = false;
  #stopped = false;
  #heartbeatSent = 0;
  #leaseFrom = 0;
  /** ms: when a fetch succeeded last */
  heardAt: number;

  constructor(options: MemberOptions) {
    this.#o = options;
    this.#pace = new FetchPace(options.clock, options.pace);
    this.heardAt = options.clock.now();
    const claim = () => ({ m: this.#memberId, u: this.#units });
    const onCluster = (cluster: object): void =>
      watchCluster(cluster, {
        beforeJoin: () => this.#beforeJoin(),
        joined: (generation) => {
          this.#joinedGeneration = generation;
        },
        memberId: () => this.#memberId,
        forgotten: () => {
          this.#memberId = '';
        },
      });
    this.#consumer = options.kafka.consumer({
      groupId: options.group,
      partitionAssigners: [copartitionSticky(claim, onCluster)],
      sessionTimeout: options.sessionTimeout,
      heartbeatInterval: options.heartbeatInterval,
      rebalanceTimeout: 10_000,
      minBytes: 1,
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 1 << 20,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { initialRetryTime: 50, multiplier: 1.5, maxRetryTime: 300, retries: 30, restartOnFailure: async () => !this.#stopped },
    });
  }

  async start(): Promise<void> {
    this.#listen();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#o.topics], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: AT_ONCE,
      eachBatch: async ({ batch, isStale, resolveOffset }) => {
        this.#batch(batch, isStale());
        resolveOffset(batch.lastOffset()); // a seek made meanwhile wins: it is looked at by the next fetch
        await this.#pace.rest(batch.offsetLag() !== '0');
      },
    });
  }

  owns(partition: number): boolean {
    return this.#leased() && !this.#fenced && this.#holdings.get(partition)?.ready === true;
  }

  pause(topic: string, partition: number): void {
    const name = this.#full(topic);
    this.#holdings.get(partition)?.paused.add(name);
    this.#quietly(() => this.#consumer.pause([{ topic: name, partitions: [partition] }]));
  }

  resume(topic: string, partition: number): void {
    const holding = this.#holdings.get(partition);
    const name = this.#full(topic);
    if (!holding?.paused.delete(name)) return;
    const next = holding.next.get(name);
    if (holding.ready && next !== undefined) this.#open(holding, name, partition, next);
  }

  seek(topic: string, partition: number, offset: number): void {
    const holding = this.#holdings.get(partition);
    const name = this.#full(topic);
    if (!holding) return;
    holding.next.set(name, offset);
    holding.paused.delete(name);
    if (holding.ready) this.#open(holding, name, partition, offset);
  }

  heartbeat(): Promise<void> {
    return new Promise((done) => this.#waiting.push({ since: this.#o.clock.now(), done }));
  }

  /** For lag metrics only. One request a second for all partitions: on the connection of the fetches each would hold up the next fetch. */
  commit(topic: string, partition: number, offset: number): void {
    if (this.#stopped) return;
    if (this.#progress.size === 0) this.#o.clock.after(COMMIT_MS, () => this.#commitAll());
    this.#progress.set(`${topic}/${partition}`, { topic: this.#full(topic), partition, offset: String(offset) });
  }

  async leave(): Promise<void> {
    if (this.#stopped) return;
    this.#fenced = true;
    await this.#revokeAll('rebalance');
    this.#stopped = true;
    await this.#consumer.disconnect();
  }

  #commitAll(): void {
    const offsets = [...this.#progress.values()].filter(({ partition }) => this.#holdings.has(partition));
    this.#progress.clear();
    if (!this.#stopped && offsets.length > 0) this.#consumer.commitOffsets(offsets).catch(() => {});
  }

  #full(topic: string): string {
    return this.#o.prefix + topic;
  }

  #listen(): void {
    const { NETWORK, events } = { NETWORK: 'consumer.network.request' as const, events: this.#consumer.events };
    this.#consumer.on(NETWORK, ({ payload }) => {
      if (payload.apiName === 'Heartbeat' || payload.apiName === 'SyncGroup') this.#heartbeatSent = payload.sentAt;
    });
    this.#consumer.on(events.HEARTBEAT, () => {
      this.#leaseFrom = Math.max(this.#leaseFrom, this.#heartbeatSent);
      for (const one of this.#waiting.splice(0)) {
        if (one.since <= this.#heartbeatSent) one.done();
        else this.#waiting.push(one);
      }
    });
    this.#consumer.on(events.FETCH, () => {
      this.heardAt = this.#o.clock.now();
      this.#pace.answered();
    });
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#o.log.warn({ group: this.#o.group, error: payload.error, restart: payload.restart }, 'the consumer crashed');
      this.#loseAll();
      if (!payload.restart && !this.#stopped) this.#o.handler.failed(new LogError('fatal', payload.error.message, payload.error));
    });
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberId, payload.memberAssignment as Record<string, number[]>));
  }

  /** Emitted after SyncGroup and before the first fetch of a generation: kafkajs has forgotten every position and remembers pauses. */
  #joined(memberId: string, assignment: Record<string, number[]>): void {
    const now = [...(assignment[this.#o.topics[0] as string] ?? [])].sort((a, b) => a - b);
    const missed = this.#joinedGeneration < this.#heldGeneration || this.#joinedGeneration > this.#heldGeneration + 1;
    if (memberId !== this.#memberId || missed) this.#loseAll();
    this.#leaseFrom = Math.max(this.#leaseFrom, this.#heartbeatSent);
    this.#heldGeneration = this.#joinedGeneration;
    this.#memberId = memberId;
    for (const [partition, holding] of [...this.#holdings]) {
      if (now.includes(partition)) continue;
      this.#holdings.delete(partition);
      if (holding.ready) this.#tell(partition, 'lost');
    }
    this.#quietly(() => {
      this.#consumer.pause(this.#o.topics.map((topic) => ({ topic, partitions: now })));
      for (const [partition, holding] of this.#holdings) if (holding.ready) this.#openAll(partition, holding);
    });
    this.#fenced = false;
    this.#units = now;
    for (const partition of now) {
      if (this.#holdings.has(partition)) continue;
      const holding: Holding = { next: new Map(), paused: new Set(), ready: false };
      this.#holdings.set(partition, holding);
      const before = this.#taking.get(partition) ?? Promise.resolve();
      this.#taking.set(
        partition,
        before.then(() => this.#begin(partition, holding)),
      );
    }
  }

  async #begin(partition: number, holding: Holding): Promise<void> {
    const current = (): boolean => this.#holdings.get(partition) === holding && !this.#stopped;
    for (let wait = 50; current(); wait = Math.min(2_000, wait * 2)) {
      try {
        const from = await this.#o.handler.assigned(partition);
        if (!current()) return await this.#o.handler.revoked(partition, 'lost');
        for (const topic of this.#o.topics) {
          const at = from[topic.slice(this.#o.prefix.length)];
          if (typeof at === 'number') {
            if (at < (await this.#o.startOf(topic, partition))) throw new LogError('fatal', `${topic}/${partition}: offset ${at} is below the log's start`);
            holding.next.set(topic, at);
          } else holding.paused.add(topic);
        }
        if (!current()) return await this.#o.handler.revoked(partition, 'lost');
        holding.ready = true;
        this.#quietly(() => this.#openAll(partition, holding));
        return;
      } catch (error) {
        if (error instanceof LogError && error.kind === 'fatal') return this.#o.handler.failed(error);
        this.#o.log.warn({ group: this.#o.group, partition, error }, 'a partition could not be taken; trying again');
        await new Promise<void>((resolve) => this.#o.clock.after(wait, resolve));
      }
    }
  }

  #openAll(partition: number, holding: Holding): void {
    for (const topic of this.#o.topics) {
      const next = holding.next.get(topic);
      if (next !== undefined) this.#open(holding, topic, partition, next);
    }
  }

  /** Seek before resume, in one turn: an answer on its way is then dropped by kafkajs. */
  #open(holding: Holding, topic: string, partition: number, offset: number): void {
    holding.next.set(topic, offset);
    this.#quietly(() => {
      this.#consumer.seek({ topic, partition, offset: String(offset) });
      if (!holding.paused.has(topic)) this.#consumer.resume([{ topic, partitions: [partition] }]);
    });
  }

  #batch(batch: Batch, stale: boolean): void {
    const { topic, partition } = batch;
    const holding = this.#holdings.get(partition);
    const next = holding?.next.get(topic);
    if (this.#stopped || this.#fenced || !holding?.ready || next === undefined || holding.paused.has(topic) || stale) return;
    const fetched = Number((batch as Batch & { fetchedOffset: string }).fetchedOffset);
    // Lease over, or a gap: hand on nothing, ask for the same offset again.
    if (!this.#leased() || fetched > next) return this.#quietly(() => this.#consumer.seek({ topic, partition, offset: String(next) }));
    const records = batch.messages.map(recordOf).filter((record) => record.offset >= next);
    const after = Math.max(next, Number(batch.lastOffset()) + 1);
    holding.next.set(topic, after);
    if (records.length === 0) return;
    try {
      this.#o.handler.records(topic.slice(this.#o.prefix.length), partition, records, after);
    } catch (error) {
      // an error here would end the consumer for good
      this.#o.handler.failed(new LogError('fatal', 'a handler of records threw', error));
    }
  }

  #leased(): boolean {
    return this.#o.clock.now() < this.#leaseFrom + this.#o.sessionTimeout - LEASE_MARGIN;
  }

  /** Every way into a rebalance comes through here: the handler may flush, for a bounded time. */
  async #beforeJoin(): Promise<void> {
    if (this.#fenced || this.#holdings.size === 0 || this.#stopped) return;
    if (!this.#leased()) return this.#loseAll(); // too late to flush: another may own it already
    this.#fenced = true;
  }

  async #revokeAll(why: 'rebalance' | 'lost'): Promise<void> {
    const ready = [...this.#holdings].filter(([, holding]) => holding.ready).map(([partition]) => partition);
    this.#holdings.clear();
    const cutoff = new Promise<void>((resolve) => this.#o.clock.after(FLUSH_MS, resolve));
    await Promise.race([Promise.all(ready.map((p) => this.#o.handler.revoked(p, why))), cutoff]);
  }

  #loseAll(): void {
    for (const [partition, holding] of [...this.#holdings]) {
      this.#holdings.delete(partition);
      if (holding.ready) this.#tell(partition, 'lost');
    }
  }

  #tell(partition: number, why: 'lost'): void {
    this.#o.handler.revoked(partition, why).catch((error: unknown) => this.#o.log.warn({ partition, error }, 'a lost partition could not be ended'));
  }

  // pause, resume and seek throw while kafkajs is between a crash and its restart: the next join sets everything again
  #quietly(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#o.log.debug({ error }, 'the consumer is not running');
    }
  }
}
