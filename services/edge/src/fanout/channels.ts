/** Which channels this edge wants of one service, how many want each, and which the router has applied. */
export class Channels {
  readonly #wanted = new Map<string, { refs: number; n: number }>();
  /** with the number under which the router was told */
  readonly #sent = new Map<string, number>();
  readonly #changed = new Set<string>();
  readonly #onChange: () => void;
  #n = 0;
  #applied = -1;

  /** `onChange` is called when there is something to send. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  ref(channel: string): void {
    const known = this.#wanted.get(channel);
    if (known) {
      known.refs++;
      return;
    }
    // Told already, only not wanted for a moment: it counts from when the router applies (or applied) that.
    const n = this.#sent.get(channel) ?? this.#n + 1;
    this.#wanted.set(channel, { refs: 1, n });
    this.#change(channel);
  }

  unref(channel: string): void {
    const known = this.#wanted.get(channel);
    if (!known || --known.refs > 0) return;
    this.#wanted.delete(channel);
    this.#change(channel);
  }

  /** What has changed since the last call, with its number. */
  take(): { n: number; add: string[]; remove: string[] } | undefined {
    const add: string[] = [];
    const remove: string[] = [];
    for (const channel of this.#changed) {
      const wanted = this.#wanted.has(channel);
      if (wanted && !this.#sent.has(channel)) add.push(channel);
      if (!wanted && this.#sent.has(channel)) remove.push(channel);
    }
    this.#changed.clear();
    if (add.length === 0 && remove.length === 0) return undefined;
    const n = ++this.#n;
    for (const channel of add) this.#sent.set(channel, n);
    for (const channel of remove) this.#sent.delete(channel);
    return { n, add, remove };
  }

  /** All that is wanted, as a new feed states it. */
  all(): { n: number; channels: string[] } {
    this.take();
    return { n: this.#n, channels: [...this.#wanted.keys()] };
  }

  applied(n: number): void {
    this.#applied = Math.max(this.#applied, n);
  }

  /** A new stream begins: what was applied before does not count. */
  forget(): void {
    this.#applied = -1;
  }

  isApplied(channel: string): boolean {
    const known = this.#wanted.get(channel);
    return known !== undefined && known.n <= this.#applied;
  }

  isWanted(channel: string): boolean {
    return this.#wanted.has(channel);
  }

  #change(channel: string): void {
    if (this.#changed.size === 0) this.#onChange();
    this.#changed.add(channel);
  }
}
