import type { EventRecord, Fact, JsonObject } from '@clatter/contract';
import { admit, answerOf, type Draft, type Fence, type FenceRules, NO_FENCE, stampOf } from '@clatter/kernel';
import { Violation } from './violation.ts';

/** From the record of joining to the record of leaving, both included. */
type Interval = { readonly from: number; to: number };
type Message = { text: string; rev: number };

/** What the log says of one conversation. */
export type TrueConversation = {
  seq: number;
  number: number;
  title: string | undefined;
  lastRev: number;
  readonly members: Map<string, string>;
  readonly messages: Map<number, Message>;
  /** [offset, seq] after each record */
  readonly heads: [number, number][];
};

/**
 * The fold of one partition of the event log, read from offset 0 through the fence: what everybody must agree with.
 * Checks while it reads: gap-free `seq` (P3), no command decided twice, duplicates answered alike (P2).
 */
export class Truth {
  readonly conversations = new Map<string, TrueConversation>();
  /** `<user>/<device>/<ref>` -> the first answer and its offset */
  readonly accepted = new Map<string, { offset: number; answer: JsonObject }>();
  readonly rejected = new Map<string, string>();
  /** per offset: whether a reader from 0 admits it */
  readonly admitted: boolean[] = [];
  void = 0;
  duplicates = 0;
  readonly #intervals = new Map<string, Interval[]>();
  readonly #rules: FenceRules;
  #fence: Fence = NO_FENCE;

  constructor(rules: FenceRules = {}) {
    this.#rules = rules;
  }

  push(offset: number, headers: { readonly [name: string]: string }, value: string): void {
    if (offset !== this.#fence.offset) throw new Violation('P3', `offset ${offset} follows ${this.#fence.offset - 1}`);
    const stamp = stampOf(headers);
    const verdict = admit(this.#fence, stamp, offset, this.#rules);
    this.#fence = verdict.fence;
    this.admitted[offset] = verdict.admitted;
    if (!verdict.admitted) this.void++;
    else if (!('claim' in stamp)) this.#record(JSON.parse(value) as EventRecord, offset);
  }

  get fence(): Fence {
    return this.#fence;
  }

  intervals(conversation: string, user: string): Interval[] {
    const key = `${conversation}|${user}`;
    const known = this.#intervals.get(key) ?? [];
    this.#intervals.set(key, known);
    return known;
  }

  /** Whether `user` may be sent the event at `offset` (P6): it stands at or before the end of a membership. */
  maySend(conversation: string, user: string, offset: number): boolean {
    return this.intervals(conversation, user).some(({ to }) => to >= offset);
  }

  seqAt(conversation: string, offset: number): number {
    let seq = 0;
    for (const [at, then] of this.conversations.get(conversation)?.heads ?? []) {
      if (at > offset) break;
      seq = then;
    }
    return seq;
  }

  #record(record: EventRecord, offset: number): void {
    const id = `${record.actor.user}/${record.actor.device}/${record.command.id}`;
    if (record.outcome === 'duplicate') return this.#duplicate(id, record, offset);
    if (record.outcome === 'rejected') {
      if (record.unremembered) return;
      if (this.accepted.has(id)) throw new Violation('P2', `command ${id} was accepted, then rejected ${record.code} at ${offset}`);
      if (this.rejected.has(id)) throw new Violation('P2', `command ${id} was decided twice, at ${offset}`);
      this.rejected.set(id, record.code ?? '');
      return;
    }
    if (this.accepted.has(id)) throw new Violation('P2', `command ${id} acted twice, at ${this.accepted.get(id)?.offset} and ${offset}`);
    if (this.rejected.has(id)) throw new Violation('P2', `command ${id} was rejected, then accepted at ${offset}`);
    this.accepted.set(id, { offset, answer: record.answer ?? {} });
    for (const fact of record.events) if (fact.seq !== undefined) this.#fact(record.key, fact, fact.seq, offset);
  }

  #duplicate(id: string, record: EventRecord, offset: number): void {
    this.duplicates++;
    const of = answerOf(record as Draft);
    const first = this.accepted.get(id);
    const same = first
      ? of?.outcome === 'accepted' && JSON.stringify(of.data) === JSON.stringify(first.answer)
      : of?.outcome === 'rejected' && of.code === this.rejected.get(id);
    if (!same) throw new Violation('P2', `the duplicate of ${id} at ${offset} is answered ${JSON.stringify(of)}`);
  }

  #fact(key: string, fact: Fact, seq: number, offset: number): void {
    const c = this.#conversation(key);
    if (seq !== c.seq + 1) throw new Violation('P3', `${key} goes from seq ${c.seq} to ${seq} at ${offset}`);
    c.seq = seq;
    c.lastRev = offset;
    c.heads.push([offset, seq]);
    const data = fact.data as Record<string, unknown>;
    if (fact.name === 'conversation.created' || fact.name === 'conversation.updated') c.title = (data.title as string | undefined) ?? c.title;
    if (fact.name === 'members.added') for (const { user, role } of data.members as { user: string; role: string }[]) this.#join(c, key, user, role, offset);
    if (fact.name === 'member.removed' || fact.name === 'member.left') this.#leave(c, key, data.user as string, offset);
    if (fact.name === 'role.changed') c.members.set(data.user as string, data.role as string);
    if (fact.name === 'message.sent') {
      if (data.number !== c.number + 1) throw new Violation('P3', `${key} goes from message ${c.number} to ${data.number} at ${offset}`);
      c.number = data.number as number;
      c.messages.set(c.number, { text: data.text as string, rev: offset });
    }
  }

  #join(c: TrueConversation, key: string, user: string, role: string, offset: number): void {
    if (c.members.has(user)) throw new Violation('P3', `${user} joins ${key} twice, at ${offset}`);
    c.members.set(user, role);
    this.intervals(key, user).push({ from: offset, to: Number.POSITIVE_INFINITY });
  }

  #leave(c: TrueConversation, key: string, user: string, offset: number): void {
    if (!c.members.delete(user)) throw new Violation('P3', `${user} leaves ${key} without being there, at ${offset}`);
    const last = this.intervals(key, user).at(-1);
    if (last) last.to = offset;
  }

  #conversation(key: string): TrueConversation {
    const known = this.conversations.get(key) ?? { seq: 0, number: 0, title: undefined, lastRev: -1, members: new Map(), messages: new Map(), heads: [] };
    this.conversations.set(key, known);
    return known;
  }
}
