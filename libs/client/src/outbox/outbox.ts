import { type ErrorFrame, type JsonObject, LIMITS, type LimitRow, type OkFrame } from '@clatter/contract';
import { ClatterError, makeUuid7, nextRef, type RefState } from '@clatter/kernel';
import type { ClientRules } from '../rules.ts';
import type { ClientClock } from '../transport.ts';
import type { Unanswered } from './storage.ts';

type Entry = Unanswered & { sentOn: number; sentAt: number; tries: number; readonly settle: ((answer: JsonObject | ClatterError) => void)[] };

type Waiting = { readonly name: string; readonly data: JsonObject; readonly settle: (answer: JsonObject | ClatterError) => void };

export type OutboxOptions = {
  readonly clock: ClientClock;
  readonly random: () => number;
  readonly rules: ClientRules;
  readonly refs: RefState | undefined;
  readonly entries: readonly Unanswered[];
  /** called before a new ref may be sent */
  readonly save: () => void;
};

const RESEND = 10_000;

/** Limits of the client beyond those of the contract; docs/limits.md is made of them. */
export const CLIENT_LIMITS = {
  waiting: { value: 1_000, unit: 'commands waiting to be sent', beyond: 'refused at once: rate_limited' },
} as const satisfies Record<string, LimitRow>;

/**
 * Commands on their way: refs strictly increase (as bytes) over restarts and clock corrections, at most 32 are unanswered, none is
 * 64 or more beyond the oldest unanswered, and all are sent again in order on every connection until they are answered (design §3).
 */
export class Outbox {
  readonly #o: OutboxOptions;
  #limits = { inFlight: LIMITS.inFlight.value as number, refSpan: LIMITS.refSpan.value as number };
  #refs: RefState | undefined;
  /** refs made since the first of `#entries`, itself included */
  #made: string[] = [];
  readonly #entries = new Map<string, Entry>();
  readonly #waiting: Waiting[] = [];

  constructor(options: OutboxOptions) {
    this.#o = options;
    this.#refs = options.refs;
    for (const entry of options.entries) {
      this.#entries.set(entry.ref, { ...entry, sentOn: -1, sentAt: 0, tries: 0, settle: [] });
      this.#made.push(entry.ref);
    }
  }

  get refs(): RefState | undefined {
    return this.#refs;
  }
  get unanswered(): readonly Unanswered[] {
    return [...this.#entries.values()].map(({ ref, name, data }) => ({ ref, name, data }));
  }

  /** What the server grants; never more than the contract's. */
  limit(limits: { readonly inFlight: number; readonly refSpan: number }): void {
    this.#limits = { inFlight: Math.min(limits.inFlight, LIMITS.inFlight.value), refSpan: Math.min(limits.refSpan, LIMITS.refSpan.value) };
    this.#admit();
  }

  /** Resolves with the body of `ok`. @throws {ClatterError} the answer's code; `rate_limited` when too many wait here already */
  add(name: string, data: JsonObject): Promise<JsonObject> {
    if (this.#waiting.length >= CLIENT_LIMITS.waiting.value) return Promise.reject(new ClatterError('rate_limited', 'Too many commands wait to be sent.'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ name, data, settle: (answer) => (answer instanceof ClatterError ? reject(answer) : resolve(answer)) });
      this.#admit();
    });
  }

  /** What to send now on this connection, in order: what it has not seen, and what was not answered for long. */
  due(connection: number): readonly Unanswered[] {
    const now = this.#o.clock.now();
    const due: Entry[] = [];
    for (const entry of this.#entries.values()) {
      const fresh = entry.sentOn !== connection;
      if (!fresh && now - entry.sentAt < RESEND * 2 ** Math.min(entry.tries, 4)) continue;
      entry.tries = fresh ? 0 : entry.tries + 1;
      entry.sentOn = connection;
      entry.sentAt = now;
      due.push(entry);
    }
    return due;
  }

  ok({ ref, data }: OkFrame): void {
    this.#answer(ref, data);
  }

  /** `same`: it stays and is sent again; anything else ends it. */
  error({ ref, code, message, retry, after }: ErrorFrame & { readonly ref: string }): void {
    const entry = this.#entries.get(ref);
    if (!entry) return;
    if (retry === 'same') {
      entry.sentAt = this.#o.clock.now() - RESEND * 2 ** Math.min(entry.tries, 4) + 1_000; // again in a second
      return;
    }
    this.#answer(ref, new ClatterError(code, message, after === undefined ? {} : { after }));
  }

  #answer(ref: string, answer: JsonObject | ClatterError): void {
    const entry = this.#entries.get(ref);
    if (!entry) return;
    this.#entries.delete(ref);
    const oldest = this.#entries.keys().next().value;
    this.#made = oldest === undefined ? [] : this.#made.slice(this.#made.indexOf(oldest));
    this.#o.save();
    for (const settle of entry.settle) settle(answer);
    this.#admit();
  }

  #admit(): void {
    const mayStart = (): boolean =>
      this.#entries.size < this.#limits.inFlight && (this.#made.length < this.#limits.refSpan || this.#o.rules.windowSpan === false);
    let added = false;
    while (this.#waiting.length > 0 && mayStart()) {
      const { name, data, settle } = this.#waiting.shift() as Waiting;
      this.#refs = nextRef(this.#refs, this.#o.clock.now());
      const ref = makeUuid7(this.#refs.ms, this.#refs.counter, this.#o.random(), this.#o.random());
      this.#entries.set(ref, { ref, name, data, sentOn: -1, sentAt: 0, tries: 0, settle: [settle] });
      this.#made.push(ref);
      added = true;
    }
    if (added) this.#o.save();
  }
}
