import type { Command, ErrorCode } from '@clatter/contract';
import { ClatterError, encodeCommand } from '@clatter/kernel';
import { type EventLog, LogError, type NewRecord } from '@clatter/ports';
import type { Core } from '../core.ts';

/** Tells who sent a command that it failed before it could be decided. */
export type Refuse = (code: ErrorCode, message: string) => void;
type Waiting = { readonly record: NewRecord; readonly bytes: number; readonly refuse: Refuse };

/** What all partitions of an edge hold together, in flight or waiting. */
type Load = { bytes: number };

/**
 * Commands of one partition on their way into the log: one produce in flight, in order, many in one batch (group commit), bounded in number and bytes.
 * When a produce fails the whole queue behind it is answered too, so that a client sends them again in their order.
 */
class PartitionQueue {
  readonly #core: Core;
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #partition: number;
  readonly #load: Load;
  #queue: Waiting[] = [];
  #flying = false;
  /** ms: until then the log is taken to be away */
  #downUntil = 0;

  constructor(core: Core, topic: string, partition: number, load: Load) {
    this.#core = core;
    this.#log = core.deps.log;
    this.#topic = topic;
    this.#partition = partition;
    this.#load = load;
  }

  add(waiting: Waiting): void {
    const { settings, deps } = this.#core;
    const full = this.#queue.length >= settings.queuedCommands || this.#load.bytes + waiting.bytes > settings.queuedBytes;
    if (full || deps.clock.now() < this.#downUntil) return waiting.refuse('unavailable', 'The log can not be written now.');
    this.#load.bytes += waiting.bytes;
    this.#queue.push(waiting);
    if (!this.#flying) queueMicrotask(() => this.#fly());
  }

  #fly(): void {
    if (this.#flying || this.#queue.length === 0) return;
    this.#flying = true;
    const batch = this.#queue.splice(0, this.#batchSize());
    let told = false;
    const { clock, report } = this.#core.deps;
    const began = clock.now();
    report.metrics.observe('clatter_edge_batch_commands', batch.length);
    const tell = (list: readonly Waiting[], code: 'unavailable' | 'timeout', message: string): void => {
      for (const { refuse } of list) refuse(code, message);
    };
    const cancel = this.#core.deps.clock.after(this.#core.settings.answerWithin, () => {
      told = true;
      tell(batch, 'timeout', 'The log did not answer in time.');
      tell(this.#clear(), 'unavailable', 'The log does not answer.');
      this.#downUntil = Number.POSITIVE_INFINITY; // until this produce has ended
    });
    this.#append(batch)
      .then(
        () => {
          this.#downUntil = 0;
          report.metrics.observe('clatter_edge_append_seconds', (clock.now() - began) / 1_000);
        },
        (error: unknown) => {
          const sure = error instanceof LogError && error.kind !== 'ambiguous';
          if (!told) tell(batch, sure ? 'unavailable' : 'timeout', sure ? 'The log refused it.' : 'Whether it was taken is not known.');
          if (this.#core.rules.queueFails !== false) tell(this.#clear(), 'timeout', 'The log failed before it.');
          this.#downUntil = this.#core.deps.clock.now() + 250;
          this.#core.deps.report.log.warn({ partition: this.#partition, error }, 'commands could not be appended');
        },
      )
      .finally(() => {
        cancel();
        this.#release(batch);
        this.#flying = false;
        this.#fly();
      });
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    await this.#log.append(
      this.#topic,
      this.#partition,
      batch.map(({ record }) => record),
    );
  }

  /** As many as one produce may hold; a broker refuses larger ones. */
  #batchSize(): number {
    const { batchCommands, batchBytes } = this.#core.settings;
    let size = 0;
    for (let bytes = 0; size < Math.min(batchCommands, this.#queue.length); size++) {
      bytes += this.#queue[size]?.bytes ?? 0;
      if (size > 0 && bytes > batchBytes) break;
    }
    return size;
  }

  #clear(): readonly Waiting[] {
    const all = this.#queue.splice(0);
    this.#release(all);
    return all;
  }

  #release(list: readonly Waiting[]): void {
    for (const { bytes } of list) this.#load.bytes -= bytes;
  }
}

/** bytes of a record beyond its value, at most */
const OVERHEAD = 300;

export class CommandQueue {
  readonly #core: Core;
  readonly #topic: string;
  readonly #partitions: PartitionQueue[] = [];
  readonly #load: Load = { bytes: 0 };

  constructor(core: Core, topic: string) {
    this.#core = core;
    this.#topic = topic;
  }

  /** Bytes of commands in flight or waiting. */
  get bytes(): number {
    return this.#load.bytes;
  }

  add(partition: number, command: Command, trace: string | undefined, refuse: Refuse): void {
    const queue = this.#partitions[partition] ?? new PartitionQueue(this.#core, this.#topic, partition, this.#load);
    this.#partitions[partition] = queue;
    const record = encodeCommand(command, trace);
    queue.add({ record, bytes: Buffer.byteLength(record.value) + OVERHEAD, refuse });
  }
}

export const asError = (error: unknown): ClatterError =>
  error instanceof ClatterError ? error : new ClatterError('internal', 'A defect on our side.', { cause: error });
