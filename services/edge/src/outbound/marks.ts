import { type ConversationDoc, HEADER, LIMITS, type MarkDoc } from '@clatter/contract';
import { channel, keyOf, partitionOf } from '@clatter/kernel';
import { bounded } from '../bounded.ts';
import { type Core, EPHEMERAL, MARKS } from '../core.ts';
import type { Session } from '../socket/session.ts';

/** `written`: what stands in the log as far as this edge knows; undefined until it has looked. */
type Known = { number: number; written: number | undefined; writtenAt: number; waiting: boolean };

export const KNOWN_MARKS = 50_000;
export const KNOWN_GROUPS = 10_000;

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
    const key = keyOf.mark(conversation, session.user);
    const known = this.#known.get(key) ?? { number: 0, written: undefined, writtenAt: Number.NEGATIVE_INFINITY, waiting: false };
    if (number <= known.number) return;
    known.number = number;
    bounded(this.#known, key, known, KNOWN_MARKS);
    if (known.waiting) return;
    const { clock } = this.#core.deps;
    const wait = known.writtenAt + this.#core.settings.markEvery - clock.now();
    known.waiting = true;
    if (wait <= 0) void this.#write(conversation, session.user, known);
    else clock.after(wait, () => void this.#write(conversation, session.user, known));
  }

  /** A mark that came by the feed, perhaps written by another edge: the user's own is not taken back behind it. */
  heard(conversation: string, user: string, number: number): void {
    const known = this.#known.get(keyOf.mark(conversation, user));
    if (!known) return; // looked up when it is needed
    known.number = Math.max(known.number, number);
    if (known.written !== undefined) known.written = Math.max(known.written, number);
  }

  /** At most one per 3 s and conversation; off in large ones. */
  typing(session: Session, conversation: string, on: boolean): void {
    if (!session.subscribed.has(conversation)) return;
    const key = `${conversation}|${session.user}|${on}`;
    const now = this.#core.deps.clock.now();
    if (now - (this.#typed.get(key) ?? Number.NEGATIVE_INFINITY) < this.#core.settings.typingEvery) return;
    bounded(this.#typed, key, now, KNOWN_MARKS);
    void this.#type(conversation, session.user, on);
  }

  async #write(conversation: string, user: string, known: Known): Promise<void> {
    const { log, clock, report } = this.#core.deps;
    known.writtenAt = clock.now();
    try {
      known.written ??= await this.#stored(conversation, user);
      known.waiting = false;
      const { number } = known;
      if (number <= known.written) return;
      const to = (await this.#isSmall(conversation)) ? channel.conversation(conversation) : channel.user(user);
      await log.append(MARKS, partitionOf(conversation, log.partitions(MARKS)), [
        { key: keyOf.mark(conversation, user), headers: { [HEADER.channels]: to }, value: JSON.stringify({ conversation, user, number }) },
      ]);
      known.written = Math.max(known.written, number);
    } catch (error) {
      known.waiting = false;
      known.number = known.written ?? 0; // the next `read` frame tries again
      report.log.debug({ error }, 'a mark was not written');
    }
  }

  /** How far the read model says it is. */
  async #stored(conversation: string, user: string): Promise<number> {
    const { store, readModels } = this.#core.deps;
    const doc = (await store.get(readModels.collection('marks'), keyOf.mark(conversation, user))) as MarkDoc | undefined;
    return doc?.number ?? 0;
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
    bounded(this.#small, conversation, { small, at: clock.now() }, KNOWN_GROUPS);
    return small;
  }
}
