import type { Random } from '@clatter/testing';
import type { FaultSpan } from './timeline.ts';
import type { Victim } from './victims.ts';

const ACTIONS = ['kill', 'freeze', 'long freeze', 'restart'] as const;
type Action = (typeof ACTIONS)[number];
type Fault = { readonly action: Action; readonly victims: readonly Victim[] };

export type ChaosOptions = {
  readonly victims: readonly Victim[];
  readonly random: Random;
  /** ms: until a silent member of a group is taken for dead; a long freeze lasts longer */
  readonly sessionTimeout: number;
  readonly say: (text: string) => void;
};

/**
 * Kills, freezes and restarts every kind of process, in an order that the seed gives: in four rounds every kind suffers everything,
 * mostly one process of it, sometimes all of it, and sometimes the next fault begins before the last one has ended.
 */
export class Chaos {
  kills = 0;
  freezes = 0;
  restarts = 0;
  /** everything that was done, until it was undone */
  readonly faults: FaultSpan[] = [];
  readonly #o: ChaosOptions;
  readonly #suffering = new Set<Victim>();

  constructor(options: ChaosOptions) {
    this.#o = options;
  }

  /** Goes on until the time is over; resolves when everything runs again. */
  async run(until: number): Promise<void> {
    const { random } = this.#o;
    const under: Promise<void>[] = [];
    for (const fault of this.#faults()) {
      if (performance.now() >= until) break;
      const ending = this.#suffer(fault);
      under.push(ending);
      if (!random.chance(0.3)) await ending;
      await pause(500 + random.below(2_500));
    }
    await Promise.all(under);
  }

  *#faults(): Generator<Fault> {
    const { random, victims } = this.#o;
    const kinds = [...new Set(victims.map(({ kind }) => kind))];
    const first = new Map(kinds.map((kind) => [kind, random.below(ACTIONS.length)]));
    for (let round = 0; ; round++) {
      for (const kind of shuffled(kinds, random)) {
        const all = victims.filter((victim) => victim.kind === kind);
        const action = ACTIONS[((first.get(kind) ?? 0) + round) % ACTIONS.length] as Action;
        yield { action, victims: random.chance(0.25) ? all : [random.pick(all)] };
      }
    }
  }

  async #suffer({ action, victims }: Fault): Promise<void> {
    const { random, say, sessionTimeout } = this.#o;
    const free = victims.filter((victim) => !this.#suffering.has(victim));
    if (free.length === 0) return;
    const down = action === 'long freeze' ? sessionTimeout + 500 + random.below(2_000) : random.below(2_000);
    const text = `${action} ${free.map(({ name }) => name).join(', ')} for ${down} ms`;
    const from = Date.now();
    say(text);
    await Promise.all(
      free.map(async (victim) => {
        this.#suffering.add(victim);
        await (action === 'kill' || action === 'restart' ? this.#stop(victim, action, down) : this.#freeze(victim, down));
        this.#suffering.delete(victim);
      }),
    );
    this.faults.push({ from, to: Date.now(), text });
  }

  async #stop(victim: Victim, action: 'kill' | 'restart', down: number): Promise<void> {
    if (action === 'kill') {
      this.kills++;
      await victim.kill('SIGKILL');
    } else {
      this.restarts++;
      await inGoodOrder(victim);
    }
    await pause(down);
    await again(victim, this.#o.say);
  }

  async #freeze(victim: Victim, down: number): Promise<void> {
    this.freezes++;
    await victim.freeze();
    await pause(down);
    await victim.thaw();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** As an operator's machinery does it: asked to end, and after its grace period made to. */
const inGoodOrder = async (victim: Victim): Promise<void> => {
  const late = setTimeout(() => void victim.kill('SIGKILL'), 10_000);
  await victim.kill('SIGTERM');
  clearTimeout(late);
};

/** Started until it stays, as whatever supervises it would: what it needs may itself be away. */
const again = async (victim: Victim, say: (text: string) => void): Promise<void> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await victim.start();
    } catch (error) {
      if (attempt === 5) throw error;
      say(`${victim.name} did not start, again: ${error instanceof Error ? error.message.slice(0, 300) : error}`);
    }
  }
};

const shuffled = <T>(list: readonly T[], random: Random): T[] => {
  const rest = [...list];
  return Array.from(list, () => rest.splice(random.below(rest.length), 1)[0] as T);
};
