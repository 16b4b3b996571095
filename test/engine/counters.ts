import { type Command, HEADER } from '@clatter/contract';
import { ownerPart } from '@clatter/engine';
import { type Decider, decodeEvent, draft, encodeCommand } from '@clatter/kernel';
import type { Part } from '@clatter/ports';
import { type Bed, COMMANDS, EVENTS } from './bed.ts';

type Counter = { readonly value: number };

/** Every command counts its key's cell up by one: an owner that decides without what it once knew counts wrong. */
const counting: Decider = {
  reads: ({ key }) => [`c/${key}`],
  decide: (get, command) => {
    const value = ((get(`c/${command.key}`) as Counter | undefined)?.value ?? 0) + 1;
    return { ...draft(command), outcome: 'accepted', events: [{ name: 'counted', v: 1, seq: value, data: { value } }], answer: {} };
  },
  evolve: ({ key, events }) => events.map(({ data }) => ({ cell: `c/${key}`, to: () => ({ value: Number(data.value) }) })),
  address: () => [],
};

type OwnerOptions = Parameters<typeof ownerPart>[0];

/** Counters kept by a real owner on a bed. */
export class Counters {
  readonly #bed: Bed;
  #n = 0;

  constructor(bed: Bed) {
    this.#bed = bed;
  }

  owner(more: Partial<OwnerOptions> = {}): Part {
    return ownerPart({ service: 'messaging', commands: COMMANDS, events: EVENTS, decider: counting, ...this.#bed.ports, ...more });
  }

  async count(key: string, pad = ''): Promise<void> {
    const id = `r${this.#n++}`;
    const command: Command = {
      id,
      name: 'count',
      key,
      actor: { user: 'u', session: 's', device: 'd' },
      origin: { edge: 'e', session: 's', ref: id },
      data: { pad },
    };
    await this.#bed.ports.log.append(COMMANDS, 0, [encodeCommand(command)]);
  }

  /** What was counted for each key, in the order of the log. */
  counted(): ReadonlyMap<string, readonly number[]> {
    const found = new Map<string, number[]>();
    for (const { value, headers } of this.#bed.cluster.partition(EVENTS, 0).records) {
      if (headers[HEADER.claim] !== undefined) continue;
      const { key, outcome, events } = decodeEvent(value);
      found.set(key, [...(found.get(key) ?? []), ...(outcome === 'accepted' ? events.map(({ data }) => Number(data.value)) : [-1])]);
    }
    return found;
  }

  get total(): number {
    return this.#bed.cluster.partition(EVENTS, 0).records.filter(({ headers }) => headers[HEADER.claim] === undefined).length;
  }
}
