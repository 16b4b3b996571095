/** Wakes one waiting loop. Raising it while nobody waits is remembered once. */
export class Signal {
  #raised = false;
  #wake: (() => void) | undefined;

  raise(): void {
    const wake = this.#wake;
    if (wake) {
      this.#wake = undefined;
      wake();
    } else this.#raised = true;
  }

  wait(): Promise<void> {
    if (this.#raised) {
      this.#raised = false;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
