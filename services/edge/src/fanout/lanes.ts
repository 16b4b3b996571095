/** Runs tasks, a few at a time, in order of arrival. A task handles its own errors. */
export class Lanes {
  readonly #width: number;
  readonly #waiting: (() => Promise<void>)[] = [];
  #busy = 0;

  constructor(width: number) {
    this.#width = width;
  }

  run(task: () => Promise<void>): void {
    this.#waiting.push(task);
    this.#next();
  }

  #next(): void {
    if (this.#busy >= this.#width) return;
    const task = this.#waiting.shift();
    if (!task) return;
    this.#busy++;
    void task().finally(() => {
      this.#busy--;
      this.#next();
    });
  }
}
