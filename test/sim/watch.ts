import type { EventRecord, ServerFrame, SyncPage, SyncQuery } from '@clatter/contract';
import { type Decider, decodeEvent, type Fence, keyOf, partitionOf, physicalName } from '@clatter/kernel';
import type { MemoryCluster } from '@clatter/memory';
import type { Document } from '@clatter/ports';
import { Truth, Violation } from '@clatter/testing';

const EVENTS = 'messaging.events';
/** the generations of read models that a run may see */
const MEMBERS = [1, 2].map((generation) => physicalName('members', generation));

type Change = { readonly rev: number; readonly gone: boolean; readonly text: string };

/** Watches everything that becomes visible, at the moment it does, against what the log says. */
export class Watch {
  readonly truth: readonly Truth[];
  readonly #cluster: MemoryCluster;
  readonly #decider: Decider;
  /** per partition the fence after each record */
  readonly #fences: Fence[][];
  /** `<partition>/<epoch>` of every claim that the log admits */
  readonly #claims = new Set<string>();
  /** per partition and cell what the log makes of it, record by record */
  readonly #cells: Map<string, Change[]>[];
  readonly #values: Map<string, object>[];
  /** ref -> the answer that stands in the log */
  readonly #answers = new Map<string, string>();
  /** refs whose sender was told that they did nothing and never will */
  readonly #refused = new Set<string>();

  constructor(cluster: MemoryCluster, decider: Decider, partitions: number) {
    this.#cluster = cluster;
    this.#decider = decider;
    const each = <T>(make: () => T): T[] => Array.from({ length: partitions }, make);
    this.truth = each(() => new Truth());
    this.#fences = each(() => []);
    this.#cells = each(() => new Map());
    this.#values = each(() => new Map());
  }

  /** A record of the event log (P2, P3). */
  appended(p: number, offset: number, headers: { readonly [name: string]: string }, value: string): void {
    const truth = this.#of(p);
    truth.push(offset, headers, value);
    this.#fences[p]?.push(truth.fence);
    if (!truth.admitted[offset]) return;
    if (headers.o !== undefined) return void this.#claims.add(`${p}/${headers.e}`);
    const record = decodeEvent(value);
    if (record.outcome === 'accepted') this.#accepted(record);
    this.#fold(p, offset, record);
  }

  #accepted({ command, answer }: EventRecord): void {
    this.#answers.set(command.id, JSON.stringify(answer ?? {}));
    if (this.#refused.has(command.id)) throw new Violation('P2', `${command.id} acted after it had been refused`);
  }

  #fold(p: number, offset: number, record: EventRecord): void {
    const values = this.#values[p] as Map<string, object>;
    for (const { cell, to } of this.#decider.evolve(record)) {
      const before = values.get(cell);
      const value = to(before && 'gone' in before ? undefined : before);
      values.set(cell, value);
      const changes = this.#cells[p]?.get(cell) ?? [];
      if (changes.at(-1)?.rev === offset) changes.pop();
      changes.push({ rev: offset, gone: 'gone' in value, text: JSON.stringify(value) });
      this.#cells[p]?.set(cell, changes);
    }
  }

  /** An owner says that it leads: with a claim that everybody admits (P5). */
  leads(p: number, epoch: number): void {
    if (!this.#claims.has(`${p}/${epoch}`)) throw new Violation('P5', `an owner leads partition ${p} with epoch ${epoch}, which the log does not admit`);
  }

  /** A document was written: what owners and projectors store is what the log says (P3, P5, P8). */
  put(collection: string, key: string, doc: Document): void {
    if (collection === 'messaging.state') return this.#putCell(key, doc);
    if (collection === 'messaging.fences') return this.#putFence(Number(key), doc);
    if (collection.startsWith('messaging.checkpoints') && key.startsWith(EVENTS))
      this.#checkFence(Number(key.split('/')[1]), doc.fence as Fence, 'a checkpoint');
  }

  #putCell(key: string, { rev, cell }: Document): void {
    const p = Number(key.slice(0, key.indexOf('/')));
    const changes = this.#cells[p]?.get(key.slice(key.indexOf('/') + 1)) ?? [];
    const wanted = changes.findLast((c) => c.rev <= rev);
    if (wanted?.rev !== rev || wanted.text !== JSON.stringify(cell))
      throw new Violation('P5', `the cell ${key} is stored at ${rev} as ${JSON.stringify(cell)}, the log says ${JSON.stringify(wanted)}`);
  }

  /** The fence vouches for all cells below it: who starts at it loads them as they were there, or later. */
  #putFence(p: number, doc: Document): void {
    const fence = doc.fence as Fence;
    this.#checkFence(p, fence, 'a stored fence');
    const stored = this.#cluster.documents('messaging.state');
    for (const [cell, changes] of this.#cells[p] ?? []) {
      const wanted = changes.findLast((c) => c.rev < fence.offset);
      if (!wanted) continue;
      const held = stored.get(`${p}/${cell}`);
      if (held ? held.rev < wanted.rev : !wanted.gone)
        throw new Violation('P5', `the fence ${p}@${fence.offset} is stored, but the cell ${cell} stands at ${held?.rev}, not ${wanted.rev}`);
    }
  }

  #checkFence(p: number, fence: Fence, what: string): void {
    const wanted = this.#fences[p]?.[fence.offset - 1];
    if (wanted && (wanted.epoch !== fence.epoch || wanted.lastCommand !== fence.lastCommand))
      throw new Violation('P3', `${what} of partition ${p} is ${JSON.stringify(fence)}, the log says ${JSON.stringify(wanted)}`);
  }

  /** Checks what one connection of `user` is sent. `told`: up to where its device has been told that it left. */
  connection(user: string, told: Map<string, number>): (text: string) => void {
    const lastRev = new Map<string, number>();
    return (text) => {
      const frame = JSON.parse(text) as ServerFrame;
      if (frame.type === 'event') this.#event(frame.conversation, frame.rev, user, lastRev);
      if (frame.type === 'signal' && frame.name === 'conversation.left') tell(told, String(frame.data.conversation), frame.rev ?? Number.MAX_SAFE_INTEGER);
      if (frame.type === 'mark') this.#inOrder(`${frame.conversation}|${frame.user}`, frame.rev, user, lastRev);
      if (frame.type === 'ok' && this.#answers.get(frame.ref) !== JSON.stringify(frame.data))
        throw new Violation('P1', `${user} is told ok ${JSON.stringify(frame.data)} to ${frame.ref}, the log says ${this.#answers.get(frame.ref)}`);
      if (frame.type === 'error' && frame.ref !== undefined && frame.retry !== 'same') this.#refuse(frame.ref, frame.code);
    };
  }

  /** P2: a refusal is final. `stale_id` is said to late copies of what was answered long ago; whether an honest client hears it is seen at the end. */
  #refuse(ref: string, code: string): void {
    if (code === 'stale_id') return;
    if (this.#answers.has(ref)) throw new Violation('P2', `${ref} is refused (${code}) and had acted`);
    this.#refused.add(ref);
  }

  /** P4: each once and in order; P3: what the log admits; P6: nothing after a removal. */
  #event(conversation: string, rev: number, user: string, lastRev: Map<string, number>): void {
    this.#inOrder(conversation, rev, user, lastRev);
    const truth = this.#of(partitionOf(conversation, this.truth.length));
    if (!truth.admitted[rev]) throw new Violation('P3', `event ${conversation}@${rev}, which is void, was sent to ${user}`);
    if (!this.#allowed(truth, user, conversation, rev, rev)) throw new Violation('P6', `event ${conversation}@${rev} was sent to ${user}`);
  }

  #inOrder(what: string, rev: number, user: string, lastRev: Map<string, number>): void {
    const last = lastRev.get(what) ?? -1;
    if (rev <= last) throw new Violation('P4', `${what}@${rev} after @${last} to ${user}`);
    lastRev.set(what, rev);
  }

  /** What `GET /v1/sync` gives: nothing that stands after the reader's removal (P6). */
  synced(user: string, query: SyncQuery, page: SyncPage, told: Map<string, number>): void {
    if (query.conversation !== undefined && query.upto === undefined && query.next === undefined)
      throw new Violation('P4', `${user} saw a gap in ${query.conversation}`);
    for (const { conversation, doc, messages, left } of page.conversations)
      if (left) tell(told, conversation, left.rev);
      else for (const { rev } of [...(doc ? [doc] : []), ...(messages ?? [])]) this.mayRead(user, conversation, rev);
  }

  mayRead(user: string, conversation: string, rev: number): void {
    if (!this.#allowed(this.#of(partitionOf(conversation, this.truth.length)), user, conversation, rev, -1))
      throw new Violation('P6', `${user} could read ${conversation}@${rev}`);
  }

  /** A membership that ends before `rev` gives no right to it, nor one that nobody can know of yet: neither at `known` in the log nor in the read model. */
  #allowed(truth: Truth, user: string, conversation: string, rev: number, known: number): boolean {
    const rows = MEMBERS.map((name) => this.#cluster.documents(name).get(keyOf.member(conversation, user))?.rev ?? -1);
    const seen = Math.max(known, ...rows);
    return truth.intervals(conversation, user).some(({ from, to }) => to >= rev && from <= seen);
  }

  #of(p: number): Truth {
    return this.truth[p] as Truth;
  }
}

const tell = (told: Map<string, number>, conversation: string, rev: number): void => {
  told.set(conversation, Math.max(told.get(conversation) ?? -1, rev));
};
