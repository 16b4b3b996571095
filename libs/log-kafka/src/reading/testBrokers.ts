import type { Clock } from '@clatter/ports';
import type { Random } from '@clatter/testing';
import type { Lane, Reach } from '../link/brokers.ts';
import { type Link, Unanswered, Unsent } from '../link/link.ts';
import { Reader, Writer } from '../wire/bytes.ts';
import { type Asked, nameOf } from '../wire/fetch.ts';
import { writeProduce } from '../wire/produce.ts';

type Session = { readonly id: number; epoch: number; readonly asked: Map<string, Asked> };
type Answer = (payload: Buffer | undefined) => void;
type Found = Asked & { readonly error: number; readonly end: number; readonly count: number };
const NOT_LEADER = 6;
const OUT_OF_RANGE = 1;

/** Brokers that speak Fetch v11 with sessions, from memory, with the faults that a test asks for. Values are their offsets. */
export class TestBrokers implements Reach {
  readonly ends = new Map<string, number>();
  /** first offset that can be read */
  readonly starts = new Map<string, number>();
  readonly leaders = new Map<string, number>();
  readonly sessions = new Map<number, Session>();
  fetches = 0;
  /** the largest that was asked for: bytes of an answer, bytes of a partition, requests of one lane under way */
  readonly most = { answer: 0, partition: 0, looks: 0 };
  /** fails the requests under way and the next ones while above 0 */
  down = 0;
  /** answers nothing on these lanes while it holds them, as a frozen broker does; the request ends when its time is over */
  readonly frozen = new Set<Lane>();
  /** whether a place beyond the end is refused, as brokers do */
  outOfRange = false;
  /** partitions of which one answer brings records, the first that were asked for: as many as fill it */
  room = Number.POSITIVE_INFINITY;
  /** ms that every answer of the shared fetch needs beyond its time */
  slowMs = 0;
  /** brokers that answer nothing at all */
  readonly silent = new Set<number>();
  /** offsets that are missing, by name */
  readonly holes = new Map<string, number>();
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #refusesSessions: number;
  #known = new Map<string, number>();
  #stale = true;
  #looks = 0;
  #parked: (() => void)[] = [];
  #sessionIds = 1;

  constructor(clock: Clock, random: Random, names: readonly string[], nodes: number, refusesSessions = 0.2) {
    this.#clock = clock;
    this.#random = random;
    this.#refusesSessions = refusesSessions;
    for (const [i, name] of names.entries()) {
      this.ends.set(name, 0);
      this.leaders.set(name, 1 + (i % nodes));
    }
  }

  async refresh(): Promise<void> {
    if (this.#stale) this.#known = new Map(this.leaders);
    this.#stale = false;
  }
  freshen(): void {
    void this.refresh();
  }
  leader(topic: string, partition: number): number | undefined {
    return this.#known.get(`${topic}/${partition}`);
  }
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    if (this.leader(topic, partition) === undefined) this.#stale = true;
    await this.refresh();
    return this.leader(topic, partition);
  }
  doubt(): void {
    this.#stale = true;
  }
  append(name: string, count: number): void {
    this.ends.set(name, (this.ends.get(name) ?? 0) + count);
    this.wake();
  }
  wake(): void {
    for (const look of this.#parked.splice(0)) look();
  }

  async link(node: number, lane: Lane): Promise<Link> {
    if (this.down > 0) throw new Unsent('refused');
    const request: Link['request'] = (_api, { withinMs }, body) =>
      new Promise((resolve, reject) => {
        const to = new Writer(64);
        body(to);
        this.#clock.after(withinMs, () => reject(new Unanswered('late')));
        if (lane === 'look') this.most.looks = Math.max(this.most.looks, ++this.#looks);
        if (this.frozen.has(lane) || this.silent.has(node)) return;
        this.#serve(node, Buffer.from(to.written), (payload) => {
          if (lane === 'look') this.#looks--;
          const settle = (): void => (payload ? resolve(payload) : reject(new Unanswered('lost')));
          if (this.slowMs > 0 && lane === 'follow') this.#clock.after(this.slowMs, settle);
          else settle();
        });
      });
    return { request } as unknown as Link;
  }

  #serve(node: number, body: Buffer, answer: Answer): void {
    this.fetches++;
    const { maxWait, maxBytes, maxBytesPerPartition, id, epoch, asked, forgotten } = readAsked(body);
    this.most.answer = Math.max(this.most.answer, maxBytes);
    this.most.partition = Math.max(this.most.partition, maxBytesPerPartition);
    let session: Session | undefined;
    if (epoch > 0) {
      session = this.sessions.get(id);
      if (session?.epoch !== epoch) return this.#later(() => answer(bodyOf(session ? 71 : 70, 0, [])));
      session.epoch++;
      for (const name of forgotten) session.asked.delete(name);
    } else if (epoch === 0) {
      session = { id: this.#random.chance(this.#refusesSessions) ? 0 : this.#sessionIds++, epoch: 1, asked: new Map() };
      if (session.id > 0) this.sessions.set(session.id, session);
    }
    const all = session?.asked ?? new Map<string, Asked>();
    for (const one of asked) all.set(nameOf(one), one);
    const end = this.#clock.now() + maxWait;
    const look = (): void => {
      if (this.down > 0) return this.#later(() => answer(undefined));
      let { room } = this;
      const found = [...all.values()]
        .flatMap((one) => this.#look(node, one, epoch > 0))
        .map((one) => (one.count > 0 && --room < 0 ? { ...one, count: 0 } : one));
      if (found.some(({ error, count }) => error !== 0 || count > 0) || this.#clock.now() >= end)
        return this.#later(() => answer(bodyOf(0, session?.id ?? 0, found)));
      this.#parked.push(look);
    };
    look();
    if (maxWait > 0) this.#clock.after(maxWait, () => this.wake());
  }

  #look(node: number, one: Asked, incremental: boolean): Found[] {
    const name = nameOf(one);
    const end = this.ends.get(name) ?? 0;
    if (this.leaders.get(name) !== node) return [{ ...one, error: NOT_LEADER, end: -1, count: 0 }];
    if (one.offset < (this.starts.get(name) ?? 0) || (this.outOfRange && one.offset > end)) return [{ ...one, error: OUT_OF_RANGE, end: -1, count: 0 }];
    const hole = this.holes.get(name);
    const offset = hole === one.offset ? hole + 1 : one.offset;
    const most = hole !== undefined && hole > offset ? hole - offset : Number.POSITIVE_INFINITY;
    const count = Math.max(0, Math.min(end - offset, 1 + this.#random.below(20), most));
    return count === 0 && incremental ? [] : [{ ...one, error: 0, end, offset, count }];
  }

  #later(run: () => void): void {
    this.#clock.after(this.#random.below(3), run);
  }
}

const readAsked = (body: Buffer) => {
  const from = new Reader(body);
  from.skip(4);
  const maxWait = from.int32();
  from.skip(4);
  const maxBytes = from.int32();
  from.skip(1);
  const [id, epoch] = [from.int32(), from.int32()];
  let maxBytesPerPartition = 0;
  const asked: Asked[] = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topic = from.string();
    for (let n = from.int32(); n > 0; n--) {
      const partition = from.int32();
      from.skip(4);
      asked.push({ topic, partition, offset: from.int64() });
      from.skip(8);
      maxBytesPerPartition = from.int32();
    }
  }
  const forgotten: string[] = [];
  for (let topics = from.int32(); topics > 0; topics--) {
    const topic = from.string();
    for (let n = from.int32(); n > 0; n--) forgotten.push(nameOf({ topic, partition: from.int32() }));
  }
  return { maxWait, maxBytes, maxBytesPerPartition, id, epoch, asked, forgotten };
};

const bodyOf = (error: number, session: number, found: readonly Found[]): Buffer => {
  const to = new Writer(64);
  to.int32(0);
  to.int16(error);
  to.int32(session);
  to.int32(found.length);
  for (const one of found) {
    to.string(one.topic);
    to.int32(1);
    to.int32(one.partition);
    to.int16(one.error);
    to.int64(one.end);
    to.int64(one.end);
    to.int64(0);
    to.int32(-1);
    to.int32(-1);
    const set = one.count > 0 ? setOf(one.offset, one.count) : Buffer.alloc(0);
    to.int32(set.length);
    to.raw(set);
  }
  return Buffer.from(to.written);
};

const setOf = (base: number, count: number): Buffer => {
  const to = new Writer(64);
  writeProduce(to, [{ topic: 't', partition: 0, records: Array.from({ length: count }, (_, i) => ({ key: '', headers: {}, value: String(base + i) })) }], 1, 0);
  const set = Buffer.from(to.written.subarray(27));
  set.writeBigInt64BE(BigInt(base), 0); // the sum does not cover it
  return set;
};
