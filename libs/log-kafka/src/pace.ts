import { type Clock, remaining } from '@clatter/ports';

/** How fetches of one member follow each other: each costs the broker and us the same, however little is in it. */
export class FetchPace {
  readonly #clock: Clock;
  readonly #ms: number;
  #answered = 0;
  /** of what was fetched last some partition has more */
  #behind = false;
  #resting: (() => void)[] = [];

  /** `ms` from the answer to a fetch to the next one, unless there is more to fetch already. */
  constructor(clock: Clock, ms: number) {
    this.#clock = clock;
    this.#ms = ms;
  }

  /** A fetch was answered; what it brought is handed on now. */
  answered(): void {
    this.#answered = this.#clock.now();
    this.#behind = false;
    this.#resting = [];
  }

  /** Resolves when the next fetch may begin; `behind`: this partition has more, so none of the others waits either. */
  rest(behind: boolean): Promise<void> {
    if (behind) {
      this.#behind = true;
      for (const end of this.#resting.splice(0)) end();
    }
    const ms = remaining(this.#clock, this.#answered, this.#ms);
    if (ms === 0 || this.#behind) return Promise.resolve();
    return new Promise((resolve) => {
      this.#resting.push(resolve);
      this.#clock.after(ms, resolve);
    });
  }
}
