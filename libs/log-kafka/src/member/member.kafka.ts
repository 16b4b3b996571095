import { LogError, type Membership, sleep } from '@clatter/ports';
import type { Consumer } from 'kafkajs';
import type { Reading } from '../reading/readable.ts';
import { copartitionSticky } from './assigner.kafka.ts';
import { watchCluster } from './facade.kafka.ts';
import { Lease } from './lease.ts';
import type { MemberOptions } from './options.kafka.ts';
import { Progress } from './progress.kafka.ts';

type Holding = { readonly readings: Map<string, Reading>; ready: boolean };

/** ms that a handler may take to flush when its member leaves */
const FLUSH_MS = 3_000;
/** ms: how often kafkajs, which fetches nothing here, looks whether a heartbeat is due */
const LOOK_MS = 100;

/**
 * One member of a consumer group whose offsets are the caller's (docs/decisions/0005). The first record handed on after a
 * start, a seek or a rebalance is exactly the one asked for. kafkajs serves membership alone: its partitions stay paused, and records come
 * from the shared reading.
 *
 * Invariant 6: nothing is handed on without a lease, or between JoinGroup and the new assignment.
 */
export class KafkaMember implements Membership {
  readonly #o: MemberOptions;
  readonly #consumer: Consumer;
  readonly #holdings = new Map<number, Holding>();
  readonly #taking = new Map<number, Promise<void>>();
  readonly #lease: Lease;
  readonly #progress: Progress;
  #memberId = '';
  #units: number[] = [];
  #joinedGeneration = -1;
  #heldGeneration = -1;
  #fenced = false;
  #stopped = false;
  #leaving: Promise<void> | undefined;

  constructor(options: MemberOptions) {
    this.#o = options;
    this.#lease = new Lease(options.clock, options.sessionTimeout);
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
      maxWaitTimeInMs: LOOK_MS,
      allowAutoTopicCreation: false,
      metadataMaxAge: 60_000,
      retry: { initialRetryTime: 50, multiplier: 1.5, maxRetryTime: 300, retries: 30, restartOnFailure: async () => !this.#stopped },
    });
    this.#progress = new Progress(this.#consumer, options.clock, (partition) => !this.#stopped && this.#holdings.has(partition));
  }

  async start(): Promise<void> {
    this.#listen();
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#o.topics], fromBeginning: true });
    if (this.#stopped) return this.#consumer.disconnect(); // it left meanwhile, and running would bring it back
    await this.#consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} }); // everything stays paused
    if (this.#stopped) await this.#consumer.disconnect();
  }

  owns(partition: number): boolean {
    return this.#lease.valid && !this.#fenced && this.#holdings.get(partition)?.ready === true;
  }

  pause(topic: string, partition: number): void {
    this.#reading(topic, partition)?.pause();
  }

  resume(topic: string, partition: number): void {
    this.#reading(topic, partition)?.resume();
  }

  seek(topic: string, partition: number, offset: number): void {
    this.#reading(topic, partition)?.seek(offset);
  }

  heartbeat(): Promise<void> {
    return this.#lease.next();
  }

  commit(topic: string, partition: number, offset: number): void {
    this.#progress.note(this.#full(topic), partition, offset);
  }

  /** However many ask, it leaves once: the group hears of it when what it had is flushed. */
  leave(): Promise<void> {
    this.#leaving ??= this.#leave();
    return this.#leaving;
  }

  async #leave(): Promise<void> {
    this.#fenced = true;
    await this.#revokeAll().catch((error: unknown) => this.#o.log.warn({ group: this.#o.group, error }, 'a partition could not be ended'));
    this.#stopped = true;
    await this.#consumer.disconnect();
    this.#o.left();
  }

  #reading(topic: string, partition: number): Reading | undefined {
    return this.#holdings.get(partition)?.readings.get(this.#full(topic));
  }

  #full(topic: string): string {
    return this.#o.prefix + topic;
  }

  #listen(): void {
    const { events } = this.#consumer;
    this.#consumer.on(events.REQUEST, ({ payload }) => {
      if (payload.apiName === 'Heartbeat' || payload.apiName === 'SyncGroup') this.#lease.sent(payload.sentAt);
    });
    this.#consumer.on(events.HEARTBEAT, () => this.#lease.heartbeat());
    this.#consumer.on(events.CRASH, ({ payload }) => {
      this.#o.log.warn({ group: this.#o.group, error: payload.error, restart: payload.restart }, 'the consumer crashed');
      this.#loseAll();
      if (!payload.restart && !this.#stopped) this.#o.handler.failed(new LogError('fatal', payload.error.message, payload.error));
    });
    this.#consumer.on(events.GROUP_JOIN, ({ payload }) => this.#joined(payload.memberId, payload.memberAssignment as Record<string, number[]>));
  }

  /** Emitted after SyncGroup and before the first fetch of a generation: kafkajs has forgotten every position and remembers pauses. */
  #joined(memberId: string, assignment: Record<string, number[]>): void {
    if (this.#leaving) return; // what it is given now it would never give back
    const now = [...(assignment[this.#o.topics[0] as string] ?? [])].sort((a, b) => a - b);
    const missed = this.#joinedGeneration < this.#heldGeneration || this.#joinedGeneration > this.#heldGeneration + 1;
    if (memberId !== this.#memberId || missed) this.#loseAll();
    this.#lease.renewed();
    this.#heldGeneration = this.#joinedGeneration;
    this.#memberId = memberId;
    for (const [partition, holding] of [...this.#holdings]) {
      if (now.includes(partition)) continue;
      this.#drop(partition, holding);
      if (holding.ready) this.#tellLost(partition);
    }
    this.#quietly(() => this.#consumer.pause(this.#o.topics.map((topic) => ({ topic, partitions: now }))));
    this.#fenced = false;
    this.#units = now;
    this.#o.log.info({ group: this.#o.group, generation: this.#heldGeneration, partitions: now }, 'joined');
    for (const partition of now) {
      if (this.#holdings.has(partition)) continue;
      const holding: Holding = { readings: new Map(), ready: false };
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
        const places = new Map<string, number>();
        for (const topic of this.#o.topics) {
          const at = from[topic.slice(this.#o.prefix.length)];
          if (typeof at !== 'number') continue;
          if (at < (await this.#o.startOf(topic, partition))) throw new LogError('fatal', `${topic}/${partition}: offset ${at} is below the log's start`);
          places.set(topic, at);
        }
        if (!current()) return await this.#o.handler.revoked(partition, 'lost');
        holding.ready = true;
        for (const topic of this.#o.topics) this.#open(holding, topic, partition, places.get(topic));
        return;
      } catch (error) {
        if (error instanceof LogError && error.kind === 'fatal') return this.#o.handler.failed(error);
        this.#o.log.warn({ group: this.#o.group, partition, error }, 'a partition could not be taken; trying again');
        await sleep(this.#o.clock, wait);
      }
    }
  }

  /** `from` undefined: nothing is read until it is sought. */
  #open(holding: Holding, topic: string, partition: number, from: number | undefined): void {
    const name = topic.slice(this.#o.prefix.length);
    const reading = this.#o.reading.read(
      {
        topic,
        partition,
        dense: this.#o.dense(topic),
        patience: this.#o.patience,
        take: (records, next) => {
          // while the lease may be over, or between two generations: hand on nothing, it is asked for again
          if (this.#stopped || this.#fenced || !this.#lease.valid) return false;
          if (records.length > 0) this.#o.handler.records(name, partition, records, next);
          return true;
        },
        failed: (error) => this.#o.handler.failed(error),
      },
      from ?? 0,
    );
    holding.readings.set(topic, reading);
    if (from !== undefined) reading.seek(from);
  }

  #drop(partition: number, holding: Holding): void {
    this.#holdings.delete(partition);
    for (const reading of holding.readings.values()) reading.end();
  }

  /** Every way into a rebalance comes through here. Nothing is flushed: what is lost is told after the join (docs/decisions/0005). */
  async #beforeJoin(): Promise<void> {
    if (this.#fenced || this.#holdings.size === 0 || this.#stopped) return;
    this.#o.log.info({ group: this.#o.group }, 'rejoins');
    if (!this.#lease.valid) return this.#loseAll(); // too late to flush: another may own it already
    this.#fenced = true;
  }

  /** For leaving in good order: the handler may flush, for `FLUSH_MS` at most. */
  async #revokeAll(): Promise<void> {
    const ready = [...this.#holdings].filter(([, holding]) => holding.ready).map(([partition]) => partition);
    for (const [partition, holding] of [...this.#holdings]) this.#drop(partition, holding);
    await Promise.race([Promise.all(ready.map((p) => this.#o.handler.revoked(p, 'rebalance'))), sleep(this.#o.clock, FLUSH_MS)]);
  }

  #loseAll(): void {
    for (const [partition, holding] of [...this.#holdings]) {
      this.#drop(partition, holding);
      if (holding.ready) this.#tellLost(partition);
    }
  }

  #tellLost(partition: number): void {
    this.#o.handler.revoked(partition, 'lost').catch((error: unknown) => this.#o.log.warn({ partition, error }, 'a lost partition could not be ended'));
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
