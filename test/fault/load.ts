import type { Random } from '@clatter/testing';
import type { Sent } from './observed.ts';
import { type Person, sendNoted } from './people.ts';
import type { Stall } from './timeline.ts';

/** messages on their way per person; beyond it a person waits */
const PATIENCE = 20;

/** People who talk: each sends about once in `everyMs` to one of its conversations, reads, types, and now and then moves to another edge. */
export class Load {
  readonly sent: Sent[] = [];
  readonly #people: readonly Person[];
  readonly #random: Random;
  readonly #everyMs: number;
  readonly #pending = new Set<Promise<void>>();
  readonly #waiting = new Map<Person, number>();
  #running = false;
  #lastAnswer = 0;
  #stall: Stall = { from: 0, to: 0 };
  #count = 0;

  constructor(people: readonly Person[], random: Random, everyMs: number) {
    this.#people = people;
    this.#random = random;
    this.#everyMs = everyMs;
  }

  get pending(): number {
    return this.#pending.size;
  }
  get acknowledged(): number {
    return this.sent.filter(({ answer }) => answer).length;
  }
  /** The longest time without any acknowledgement while people talked. */
  get longestStall(): Stall {
    return this.#stall;
  }

  say(person: Person, to: { readonly [name: string]: string }): Promise<void> {
    const done = sendNoted(person, to, `${person.name}-${++this.#count}`, this.sent).then(() => this.#answered());
    this.#pending.add(done);
    return done.finally(() => this.#pending.delete(done));
  }

  start(): void {
    this.#running = true;
    this.#lastAnswer = Date.now();
    for (const person of this.#people) this.#next(person);
  }

  stop(): void {
    this.#answered();
    this.#running = false;
  }

  #answered(): void {
    if (!this.#running) return;
    const now = Date.now();
    if (now - this.#lastAnswer > this.#stall.to - this.#stall.from) this.#stall = { from: this.#lastAnswer, to: now };
    this.#lastAnswer = now;
  }

  #next(person: Person): void {
    const random = this.#random;
    const turn = (): void => {
      if (!this.#running) return;
      const conversation = random.pick(person.writesTo);
      const waiting = this.#waiting.get(person) ?? 0;
      if (waiting < PATIENCE) {
        this.#waiting.set(person, waiting + 1);
        void this.say(person, { conversation }).then(() => this.#waiting.set(person, (this.#waiting.get(person) ?? 1) - 1));
      }
      if (random.chance(0.1)) person.client.typing(conversation, true);
      if (random.chance(0.2)) person.client.markRead(conversation, person.client.state.get(conversation)?.doc.head.number ?? 0);
      if (random.chance(0.01)) person.client.reconnect();
      this.#next(person);
    };
    setTimeout(turn, this.#everyMs * (0.5 + random.next()));
  }
}
