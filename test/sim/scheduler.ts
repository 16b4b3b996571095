import type { Host } from '@clatter/memory';
import type { Clock } from '@clatter/ports';
import type { Random } from '@clatter/testing';

type Task = { readonly host: SimHost; readonly label: string; readonly run: () => void };
type Timer = { readonly host: SimHost; readonly at: number; readonly run: () => void };

/** One simulated process: its steps come when the scheduler wants, none after its death, none while it is frozen. */
export class SimHost implements Host {
  readonly name: string;
  readonly clock: Clock;
  dead = false;
  /** ms: until then it stands still */
  frozen = 0;
  /** it was asked to stop, and takes its time */
  draining = false;
  fault?: NonNullable<Host['fault']>;
  later?: NonNullable<Host['later']>;
  batch?: NonNullable<Host['batch']>;
  torn?: NonNullable<Host['torn']>;
  unguarded?: NonNullable<Host['unguarded']>;
  forgets?: NonNullable<Host['forgets']>;
  /** ms that the next operation takes beyond its turn */
  slow?: (label: string) => number;
  /** operations that do not come back until they are released */
  #stuck: ((label: string) => boolean) | undefined;
  #held: (() => void)[] = [];
  readonly #scheduler: Scheduler;

  constructor(name: string, scheduler: Scheduler) {
    this.name = name;
    this.#scheduler = scheduler;
    this.clock = { now: () => scheduler.now, after: (ms, run) => scheduler.timer(this, ms, run) };
  }

  step(label: string): Promise<void> {
    return new Promise((resolve) => this.#go(label, resolve));
  }

  /** A step without a promise. */
  readonly hop = (run: () => void): void => this.#go('hop', run);

  /** From now on these operations hang, e.g. since a network is cut. */
  hold(labels: (label: string) => boolean): void {
    this.#stuck = labels;
  }

  get holding(): boolean {
    return this.#stuck !== undefined;
  }

  release(): void {
    this.#stuck = undefined;
    for (const go of this.#held.splice(0)) go();
  }

  #go(label: string, run: () => void): void {
    if (this.#stuck?.(label)) {
      this.#held.push(() => this.#go(label, run));
      return;
    }
    const ms = this.slow?.(label) ?? 0;
    if (ms > 0) this.#scheduler.timer(this, ms, run);
    else this.#scheduler.task(this, label, run);
  }
}

/** Runs one step after the other in an order that the seed decides, in a time of its own. */
export class Scheduler {
  now = 1_700_000_000_000;
  steps = 0;
  readonly #random: Random;
  #tasks: Task[] = [];
  #timers: Timer[] = [];
  /** no timer is due before */
  #soonest = Number.POSITIVE_INFINITY;
  /** most ms that one step takes */
  pace = 4;
  trace: ((text: string) => void) | undefined;

  constructor(random: Random) {
    this.#random = random;
  }

  host(name: string): SimHost {
    return new SimHost(name, this);
  }

  task(host: SimHost, label: string, run: () => void): void {
    if (!host.dead) this.#tasks.push({ host, label, run });
  }

  timer(host: SimHost, ms: number, run: () => void): () => void {
    let cancelled = false;
    const once = (): void => {
      if (!cancelled) run(); // also when it was due already and waits for its step
    };
    const timer = { host, at: this.now + Math.max(0, ms), run: once };
    this.#timers.push(timer);
    this.#soonest = Math.min(this.#soonest, timer.at);
    return () => {
      cancelled = true;
      const at = this.#timers.indexOf(timer);
      if (at !== -1) this.#timers.splice(at, 1);
    };
  }

  kill(host: SimHost): void {
    host.dead = true;
    this.#tasks = this.#tasks.filter((t) => t.host !== host);
    this.#timers = this.#timers.filter((t) => t.host !== host);
  }

  async step(): Promise<void> {
    this.steps++;
    this.now += this.#random.below(this.pace);
    this.#fire();
    const task = this.#pick();
    if (task) {
      this.trace?.(`${this.now % 10_000_000} [${task.host.name}] ${task.label}`);
      task.run();
    } else this.#skip();
    // A tick runs when no promise is left to settle: what this step set off is over. Now and then the event loop has its turn too.
    if (this.steps % 5_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    else await new Promise<void>((resolve) => process.nextTick(resolve));
  }

  /** Timers that are due become tasks. */
  #fire(): void {
    if (this.now < this.#soonest) return;
    const due: Timer[] = [];
    const rest: Timer[] = [];
    for (const timer of this.#timers) (timer.at <= this.now && timer.host.frozen <= this.now ? due : rest).push(timer);
    this.#timers = rest;
    this.#soonest = rest.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
    for (const { host, run } of due.sort((a, b) => a.at - b.at)) this.task(host, 'timer', run);
  }

  #pick(): Task | undefined {
    for (let i = 0; i < 8 && this.#tasks.length > 0; i++) {
      const at = this.#random.below(this.#tasks.length);
      const task = this.#tasks[at] as Task;
      if (task.host.frozen <= this.now) return this.#remove(at);
    }
    const at = this.#tasks.findIndex((t) => t.host.frozen <= this.now);
    return at === -1 ? undefined : this.#remove(at);
  }

  #remove(at: number): Task {
    const task = this.#tasks[at] as Task;
    const last = this.#tasks.pop() as Task;
    if (last !== task) this.#tasks[at] = last;
    return task;
  }

  /** Nothing can go on: time moves to the next timer or thaw. */
  #skip(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const { at, host } of this.#timers) next = Math.min(next, Math.max(at, host.frozen));
    for (const { host } of this.#tasks) next = Math.min(next, host.frozen);
    if (Number.isFinite(next)) this.now = Math.max(this.now, Math.ceil(next));
  }
}
