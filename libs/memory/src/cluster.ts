import type { TopicSpec } from '@clatter/contract';
import { type Document, type EventLog, LogError, type NewRecord, type TailOptions } from '@clatter/ports';
import { Delivery } from './delivery.ts';
import { Group, Member } from './group.ts';
import type { Host } from './host.ts';
import { PartitionLog } from './partitionLog.ts';
import { MemoryStore, type StoreData } from './store.ts';

/** A write that was sent and not answered: when its host dies it may still land. */
export type Airborne = { readonly host: Host; readonly topic: string; readonly partition: number; readonly land: () => void };

/** Logs, groups and documents that several simulated processes share. */
export class MemoryCluster {
  readonly logId: string;
  readonly airborne = new Set<Airborne>();
  /** Called for every append that lands, in order. */
  onAppend: ((topic: string, partition: number, base: number) => void) | undefined;
  /** Called for every document that is written. */
  onPut: ((collection: string, key: string, doc: Document) => void) | undefined;
  readonly #topics = new Map<string, { readonly spec: TopicSpec; readonly partitions: PartitionLog[] }>();
  readonly #groups = new Map<string, Group>();
  readonly #documents: StoreData = new Map();
  readonly #heartbeatMs: number;

  constructor(options: { readonly logId?: string; readonly heartbeatMs?: number } = {}) {
    this.logId = options.logId ?? 'memory';
    this.#heartbeatMs = options.heartbeatMs ?? 500;
  }

  store(host: Host): MemoryStore {
    return new MemoryStore(host, this.#documents, (collection, key, doc) => this.onPut?.(collection, key, doc));
  }

  /** What is stored, as it is. */
  documents(collection: string): ReadonlyMap<string, Document> {
    return this.#documents.get(collection)?.docs ?? new Map();
  }

  group(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  partition(topic: string, partition: number): PartitionLog {
    const found = this.#topics.get(topic)?.partitions[partition];
    if (!found) throw new LogError('fatal', `there is no topic ${topic} with a partition ${partition}`);
    return found;
  }

  count(topic: string): number {
    const found = this.#topics.get(topic);
    if (!found) throw new LogError('fatal', `there is no topic ${topic}`);
    return found.partitions.length;
  }

  log(host: Host): EventLog {
    const memberships: Member[] = [];
    const append = (topic: string, partition: number, records: readonly NewRecord[]): number => {
      const base = this.partition(topic, partition).append(records, host.clock.now());
      this.onAppend?.(topic, partition, base);
      return base;
    };
    return {
      logId: this.logId,
      partitions: (topic) => this.count(topic),
      ensureTopics: async (specs, partitions) => {
        for (const spec of specs) {
          const found = this.#topics.get(spec.name);
          if (found && found.partitions.length !== partitions)
            throw new LogError('fatal', `${spec.name} has ${found.partitions.length} partitions, not ${partitions}`);
          if (!found) this.#topics.set(spec.name, { spec, partitions: Array.from({ length: partitions }, () => new PartitionLog()) });
        }
      },
      append: async (topic, partition, records) => {
        this.partition(topic, partition);
        const air: Airborne = { host, topic, partition, land: () => append(topic, partition, records) };
        this.airborne.add(air);
        await host.step(`append ${topic}`);
        this.airborne.delete(air);
        const fault = host.fault?.(topic, partition);
        if (fault === 'fail') throw new LogError('retriable', 'the broker refused the batch');
        if (fault === 'lost') throw new LogError('ambiguous', 'no answer');
        if (fault === 'late' || fault === 'double') (host.later ?? setImmediate)(() => append(topic, partition, records));
        if (fault === 'late') throw new LogError('ambiguous', 'no answer yet');
        const base = append(topic, partition, records);
        if (fault === 'written') throw new LogError('ambiguous', 'the answer was lost');
        await host.step('appended');
        return base;
      },
      read: async (topic, partition, from, limit) => {
        await host.step('read');
        return this.partition(topic, partition).records.slice(from, from + limit);
      },
      ends: async (topic) => {
        await host.step('ends');
        return Array.from({ length: this.count(topic) }, (_, p) => ({ start: 0, end: this.partition(topic, p).records.length }));
      },
      extent: async (topic, partition) => {
        if (partition >= this.count(topic)) throw new LogError('fatal', `${topic} has no partition ${partition}`);
        await host.step('ends');
        return { start: 0, end: this.partition(topic, partition).records.length };
      },
      offsetAt: async (topic, partition, time) => {
        await host.step('offsetAt');
        const { records } = this.partition(topic, partition);
        const found = records.findIndex((r) => r.at >= time);
        return found === -1 ? records.length : found;
      },
      join: async ({ group, topics, handler }) => {
        await host.step('join');
        const counts = topics.map((t) => this.count(t));
        if (counts.some((c) => c !== counts[0])) throw new LogError('fatal', 'the topics of a group must have the same number of partitions');
        const known = this.#groups.get(group) ?? new Group(counts[0] ?? 0);
        this.#groups.set(group, known);
        const member = new Member({ host, topics, handler, group: known, heartbeatMs: this.#heartbeatMs, logOf: (t, p) => this.partition(t, p) });
        memberships.push(member);
        known.add(member);
        return member;
      },
      tail: async (options) => {
        await host.step('tail');
        return this.#tail(host, options);
      },
      close: async () => {
        await Promise.all(memberships.splice(0).map((m) => m.leave()));
      },
    };
  }

  #tail(host: Host, { from, records }: TailOptions) {
    let heard = host.clock.now();
    const deliveries: Delivery[] = [];
    for (const [topic, offsets] of Object.entries(from)) {
      offsets.forEach((offset, p) => {
        const delivery = new Delivery(this.partition(topic, p), host, `tail ${topic}`, (batch, next) => records(topic, p, batch, next));
        delivery.seek(offset);
        deliveries.push(delivery);
      });
    }
    let open = true;
    const hear = (): void => {
      host.clock.after(100, () => {
        if (!open) return;
        void host.step('fetch').then(() => {
          heard = host.clock.now();
          hear();
        });
      });
    };
    hear();
    return {
      heardAt: () => heard,
      close: async () => {
        open = false;
        for (const delivery of deliveries) delivery.end();
      },
    };
  }
}
