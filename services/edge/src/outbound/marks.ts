import { type ConversationDoc, HEADER, LIMITS } from '@clatter/contract';
import { channel, partitionOf } from '@clatter/kernel';
import { type Core, EPHEMERAL, MARKS } from '../core.ts';
import type { Session } from '../socket/session.ts';

type Known = { number: number; written: number; writtenAt: number; waiting: boolean };

const KNOWN = 50_000;

/** Read marks and typing on their way out: bounded, throttled, best effort (marks stand outside P1, P2, P5). */
export class Marks {
  readonly #core: Core;
  readonly #known = new Map<string, Known>();
  readonly #small = new Map<string, { readonly small: boolean; readonly at: number }>();
  readonly #typed = new Map<string, number>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Only who takes part sets a mark, only forward, at most once per 2 s. */
  read(session: Session, conversation: string, number: number): void {
    if (!session.subscribed.has(conversation)) return;
    const key = `${conversation}|${session.user}`;
    const known = this.#known.get(key) ?? { number: 0, written: 0, writtenAt: Number.NEGATIVE_INFINITY, waiting: false };
    if (number <= known.number) return;
    known.number = number;
    bounded(this.#known, key, known, KNOWN);
    if (known.waiting) return;
    const { clock } = this.#core.deps;
    const wait = known.writtenAt + this.#core.settings.markEvery - clock.now();
    known.waiting = true;
    if (wait <= 0) void this.#write(conversation, session.user, known);
    else clock.after(wait, () => void this.#write(conversation, session.user, known));
  }

  /** At most one per 3 s and conversation; off in large ones. */
  typing(session: Session, conversation: string, on: boolean): void {
    if (!session.subscribed.has(conversation)) return;
    const key = `${conversation}|${session.user}|${on}`;
    const now = this.#core.deps.clock.now();
    if (now - (this.#typed.get(key) ?? Number.NEGATIVE_INFINITY) < this.#core.settings.typingEvery) return;
    bounded(this.#typed, key, now, KNOWN);
    void this.#type(conversation, session.user, on);
  }

  async #write(conversation: string, user: string, known: Known): Promise<void> {
    const { log, clock, report } = this.#core.deps;
    known.waiting = false;
    known.writtenAt = clock.now();
    const { number } = known;
    if (number <= known.written) return;
    try {
      const to = (await this.#isSmall(conversation)) ? channel.conversation(conversation) : channel.user(user);
      await log.append(MARKS, partitionOf(conversation, log.partitions(MARKS)), [
        { key: `${conversation}|${user}`, headers: { [HEADER.channels]: to }, value: JSON.stringify({ conversation, user, number }) },
      ]);
      known.written = number;
    } catch (error) {
      known.number = known.written; // the next `read` frame tries again
      report.log.debug({ error }, 'a mark was not written');
    }
  }

  async #type(conversation: string, user: string, on: boolean): Promise<void> {
    const { log, report } = this.#core.deps;
    try {
      if (!(await this.#isSmall(conversation))) return;
      await log.append(EPHEMERAL, partitionOf(conversation, log.partitions(EPHEMERAL)), [
        { key: conversation, headers: { [HEADER.channels]: channel.conversation(conversation) }, value: JSON.stringify({ conversation, user, on }) },
      ]);
    } catch (error) {
      report.log.debug({ error }, 'typing was not written');
    }
  }

  /** Whether a conversation has at most 100 members, as known within the last minute. */
  async #isSmall(conversation: string): Promise<boolean> {
    const { store, readModels, clock } = this.#core.deps;
    const known = this.#small.get(conversation);
    if (known && clock.now() - known.at < 60_000) return known.small;
    const doc = (await store.get(readModels.collection('conversations'), conversation)) as ConversationDoc | undefined;
    const small = (doc?.memberCount ?? 0) <= LIMITS.smallGroup.value;
    bounded(this.#small, conversation, { small, at: clock.now() }, 10_000);
    return small;
  }
}

const bounded = <T>(map: Map<string, T>, key: string, value: T, most: number): void => {
  map.delete(key);
  map.set(key, value);
  if (map.size > most) map.delete(map.keys().next().value as string);
};
