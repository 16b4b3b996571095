import { type EventRecord, TOPICS } from '@clatter/contract';
import { encodeClaim, encodeEvent, makeUuid7, partitionOf } from '@clatter/kernel';
import type { EventLog } from '@clatter/ports';
import { Random } from '@clatter/testing';

const EVENTS = TOPICS.messagingEvents.name;
const BATCH = 500;
const BEGAN = 1_700_000_000_000;
export const MEMBERS = 10;

/** Fills a log with messages in rooms of ten, as owners write them: a room is made by its first record, then its members write in turn. */
export class Rooms {
  readonly #log: EventLog;
  readonly #partitions: number;
  readonly #random = new Random(1);
  readonly #keys: readonly string[];
  readonly #heads = new Map<string, { seq: number; number: number }>();
  /** offset of the next command, per partition */
  readonly #commands: number[];
  #written = 0;

  constructor(log: EventLog, count: number, partitions: number) {
    this.#log = log;
    this.#partitions = partitions;
    this.#keys = Array.from({ length: count }, (_, i) => makeUuid7(BEGAN + i, 0, this.#random.next(), this.#random.next()));
    this.#commands = new Array(partitions).fill(0);
  }

  /** Comes first: what an owner writes before all else. */
  async claim(): Promise<void> {
    for (let p = 0; p < this.#partitions; p++) await this.#log.append(EVENTS, p, [encodeClaim({ epoch: 1, owner: 'rooms' })]);
  }

  /** Appends so many events more, and returns how many each partition got. */
  async write(events: number): Promise<readonly number[]> {
    const batches = this.#commands.map((): ReturnType<typeof encodeEvent>[] => []);
    const got = this.#commands.map(() => 0);
    const flush = async (p: number): Promise<void> => void (await this.#log.append(EVENTS, p, batches[p]?.splice(0) ?? []));
    for (let i = 0; i < events; i++) {
      const { p, record } = this.#next();
      batches[p]?.push(encodeEvent(record, [`conversation/${record.key}`, `edge/${'e'.repeat(16)}`]));
      got[p] = (got[p] ?? 0) + 1;
      if (batches[p]?.length === BATCH) await flush(p);
    }
    for (let p = 0; p < this.#partitions; p++) if (batches[p]?.length) await flush(p);
    return got;
  }

  #next(): { readonly p: number; readonly record: EventRecord } {
    const [i, random, rooms] = [this.#written++, this.#random, this.#keys.length];
    const key = this.#keys[i < rooms ? i : random.below(rooms)] as string;
    const p = partitionOf(key, this.#partitions);
    const head = this.#heads.get(key) ?? { seq: 0, number: 0 };
    this.#heads.set(key, head);
    const members = Array.from({ length: MEMBERS }, (_, n) => `user${(i % 1_000) * MEMBERS + n}`);
    const ref = makeUuid7(BEGAN + i, 0, random.next(), random.next());
    const made = [
      { name: 'conversation.created', v: 1, seq: 1, data: { kind: 'group', title: `room ${i}` } },
      { name: 'members.added', v: 1, seq: 2, data: { members: members.map((user) => ({ user, role: 'member' })), joinedNumber: 0 } },
    ];
    const sent = { name: 'message.sent', v: 1, seq: ++head.seq, data: { number: ++head.number, ref, kind: 'text', text: 'x'.repeat(20 + random.below(120)) } };
    if (i < rooms) [head.seq, head.number] = [2, 0];
    const offset = this.#commands[p] ?? 0;
    this.#commands[p] = offset + 1;
    const record: EventRecord = {
      epoch: 1,
      key,
      command: { offset, id: ref },
      actor: { user: `user${random.below(rooms * MEMBERS)}`, session: 's'.repeat(16), device: 'd'.repeat(16) },
      at: BEGAN + i,
      origin: { edge: 'e'.repeat(16), session: 's'.repeat(16), ref },
      outcome: 'accepted',
      events: i < rooms ? made : [sent],
      answer: { conversation: key, seq: head.seq, number: head.number },
    };
    return { p, record };
  }
}
