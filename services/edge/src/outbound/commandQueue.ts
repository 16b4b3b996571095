import type { Command, ErrorCode } from '@clatter/contract';
import { ClatterError, encodeCommand } from '@clatter/kernel';
import { type EventLog, LogError } from '@clatter/ports';
import type { Core } from '../core.ts';

/** Tells who sent a command that it failed before it could be decided. */
export type Refuse = (code: ErrorCode, message: string) => void;
type Waiting = { readonly command: Command; readonly trace: string | undefined; readonly refuse: Refuse };

/**
 * Commands of one partition on their way into the log: one produce in flight, in order, many in one batch (group commit).
 * When a produce fails the whole queue behind it is answered too, so that a client sends them again in their order.
 */
class PartitionQueue {
  readonly #core: Core;
  readonly #log: EventLog;
  readonly #topic: string;
  readonly #partition: number;
  #queue: Waiting[] = [];
  #flying = false;
  /** ms: until then the log is taken to be away */
  #downUntil = 0;

  constructor(core: Core, topic: string, partition: number) {
    this.#core = core;
    this.#log = core.deps.log;
    this.#topic = topic;
    this.#partition = partition;
  }

  add(waiting: Waiting): void {
    const now = this.#core.deps.clock.now();
    if (now < this.#downUntil || this.#queue.length >= this.#core.settings.queuedCommands)
      return waiting.refuse('unavailable', 'The log can not be written now.');
    this.#queue.push(waiting);
    if (!this.#flying) queueMicrotask(() => this.#fly());
  }

  #fly(): void {
    if (this.#flying || this.#queue.length === 0) return;
    this.#flying = true;
    const batch = this.#queue.splice(0, this.#core.settings.batchCommands);
    let told = false;
    const tell = (list: readonly Waiting[], code: 'unavailable' | 'timeout', message: string): void => {
      for (const { refuse } of list) refuse(code, message);
    };
    const cancel = this.#core.deps.clock.after(this.#core.settings.answerWithin, () => {
      told = true;
      tell(batch, 'timeout', 'The log did not answer in time.');
      tell(this.#queue.splice(0), 'unavailable', 'The log does not answer.');
      this.#downUntil = Number.POSITIVE_INFINITY; // until this produce has ended
    });
    this.#append(batch)
      .then(
        () => {
          this.#downUntil = 0;
        },
        (error: unknown) => {
          const sure = error instanceof LogError && error.kind !== 'ambiguous';
          if (!told) tell(batch, sure ? 'unavailable' : 'timeout', sure ? 'The log refused it.' : 'Whether it was taken is not known.');
          if (this.#core.rules.queueFails !== false) tell(this.#queue.splice(0), 'timeout', 'The log failed before it.');
          this.#downUntil = this.#core.deps.clock.now() + 250;
          this.#core.deps.report.log.warn({ partition: this.#partition, error }, 'commands could not be appended');
        },
      )
      .finally(() => {
        cancel();
        this.#flying = false;
        this.#fly();
      });
  }

  async #append(batch: readonly Waiting[]): Promise<void> {
    await this.#log.append(
      this.#topic,
      this.#partition,
      batch.map(({ command, trace }) => encodeCommand(command, trace)),
    );
  }
}

export class CommandQueue {
  readonly #core: Core;
  readonly #topic: string;
  readonly #partitions: PartitionQueue[] = [];

  constructor(core: Core, topic: string) {
    this.#core = core;
    this.#topic = topic;
  }

  add(partition: number, command: Command, trace: string | undefined, refuse: Refuse): void {
    const queue = this.#partitions[partition] ?? new PartitionQueue(this.#core, this.#topic, partition);
    this.#partitions[partition] = queue;
    queue.add({ command, trace, refuse });
  }
}

export const asError = (error: unknown): ClatterError =>
  error instanceof ClatterError ? error : new ClatterError('internal', 'A defect on our side.', { cause: error });
