import { ManualClock } from '@clatter/memory';
import { LogError, type NewRecord } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { describe, expect, it } from 'vitest';
import type { Lane, Reach } from '../link/brokers.ts';
import { type Link, Unanswered, Unsent } from '../link/link.ts';
import { Pace } from '../pace.ts';
import { Reader, Writer } from '../wire/bytes.ts';
import { LANES, REQUEST_BYTES, WAITING_BYTES, Writing } from './writing.ts';

type Batch = { readonly partition: number; readonly values: number };
type Refusal = { readonly error: number; readonly offset?: number };
type Request = { readonly lane: Lane; readonly batches: readonly Batch[]; answer(refused?: Readonly<Record<number, Refusal>>): void; lose(): void };

/** A broker that keeps produce requests until it is told what becomes of them. */
class Broker implements Reach {
  /** requests under way */
  readonly open: Request[] = [];
  readonly log = new Map<number, number>();
  reachable = true;
  leads = true;
  doubts = 0;

  async refresh(): Promise<void> {}
  freshen(): void {}
  leader(): number | undefined {
    return this.leads ? 1 : undefined;
  }
  async leaderOf(): Promise<number | undefined> {
    return this.leader();
  }
  doubt(): void {
    this.doubts++;
  }
  async link(_node: number, lane: Lane): Promise<Link> {
    if (!this.reachable) throw new Unsent('refused');
    const request: Link['request'] = (_api, _options, body) =>
      new Promise((resolve, reject) => {
        const to = new Writer(64);
        body(to);
        const batches = batchesOf(to.written);
        const gone = (): void => void this.open.splice(this.open.indexOf(one), 1);
        const one: Request = {
          lane,
          batches,
          answer: (refused = {}) => {
            gone();
            resolve(this.#answerTo(batches, refused));
          },
          lose: () => {
            gone();
            reject(new Unanswered('lost'));
          },
        };
        this.open.push(one);
      });
    return { request } as unknown as Link;
  }

  #answerTo(batches: readonly Batch[], refused: Readonly<Record<number, Refusal>>): Buffer {
    const to = new Writer(64);
    to.int32(1);
    to.string('t');
    to.int32(batches.length);
    for (const { partition, values } of batches) {
      const { error = 0, offset = -1 } = refused[partition] ?? {};
      to.int32(partition);
      to.int16(error);
      to.int64(error ? offset : (this.log.get(partition) ?? 0));
      to.int64(0);
      to.int64(0);
      if (!error) this.log.set(partition, (this.log.get(partition) ?? 0) + values);
    }
    to.int32(0);
    return Buffer.from(to.written);
  }
}

const batchesOf = (body: Buffer): Batch[] => {
  const from = new Reader(body);
  from.skip(2 + 2 + 4 + 4);
  from.string();
  return Array.from({ length: from.int32() }, () => {
    const partition = from.int32();
    const size = from.int32();
    const values = from.bytes.readInt32BE(from.at + 57);
    from.skip(size);
    return { partition, values };
  });
};

const record: NewRecord = { key: 'k', headers: {}, value: 'v' };
const setUp = () => {
  const clock = new ManualClock();
  const broker = new Broker();
  const writing = new Writing(broker, clock, () => new Pace(2, 4));
  const append = (p: number, n = 1, one = record): Promise<number> => writing.append('t', p, Array(n).fill(one));
  return { clock, broker, open: broker.open, append };
};
const kindOf = (appending: Promise<number>): Promise<unknown> => appending.catch((error: unknown) => (error instanceof LogError ? error.kind : error));

describe('writing', () => {
  it('what is appended in one turn, in however many partitions, is one request', async () => {
    const { clock, open, append } = setUp();
    const appending = Promise.all([append(0), append(1, 3), append(2)]);
    await clock.advance(0);
    const batches = [1, 3, 1].map((values, partition) => ({ partition, values }));
    expect(open.map((request) => request.batches)).toEqual([batches]);
    open[0]?.answer();
    expect(await appending).toEqual([0, 0, 0]);
  });

  it('invariant 1: of a partition one batch is under way; what gathers meanwhile goes with the next, on the other lane', async () => {
    const { clock, open, append } = setUp();
    const results: number[] = [];
    for (let i = 0; i < 3; i++) void append(0).then((offset) => results.push(offset));
    await clock.advance(5);
    expect(open).toHaveLength(1);
    void append(1).then((offset) => results.push(offset));
    await clock.advance(5);
    expect(open.map(({ lane }) => lane)).toEqual([...LANES]);
    const third = append(2);
    await clock.advance(50);
    expect(open).toHaveLength(LANES.length);
    for (let i = 0; i < 6; i++) {
      open[0]?.answer();
      await clock.advance(5);
    }
    expect(results.sort()).toEqual([0, 0, 1, 2]);
    expect(await third).toBe(0);
  });

  it('invariant 2: a partition that is refused fails alone, by what the broker says of it', async () => {
    const { clock, broker, open, append } = setUp();
    const outcomes = [append(0), append(1), append(2), append(3), append(4)].map(kindOf);
    await clock.advance(0);
    // NOT_LEADER before and after it appended, REQUEST_TIMED_OUT, MESSAGE_TOO_LARGE
    open[0]?.answer({ 1: { error: 6 }, 2: { error: 7 }, 3: { error: 10 }, 4: { error: 6, offset: 12 } });
    expect(await Promise.all(outcomes)).toEqual([0, 'retriable', 'ambiguous', 'fatal', 'ambiguous']);
    expect(broker.doubts).toBeGreaterThan(0);
  });

  it('invariant 2: a lost answer leaves the fate of all that was sent unknown; what was never sent surely is not there', async () => {
    const { clock, broker, open, append } = setUp();
    const sent = [append(0), append(1)].map(kindOf);
    await clock.advance(0);
    const waiting = kindOf(append(0)); // behind the one under way
    await clock.advance(0);
    open[0]?.lose();
    expect(await Promise.all(sent)).toEqual(['ambiguous', 'ambiguous']);
    expect(await waiting).toBe('retriable');
    broker.reachable = false;
    const unsent = kindOf(append(0));
    await clock.advance(10);
    expect(await unsent).toBe('retriable');
    broker.leads = false;
    expect(await kindOf(append(0))).toBe('retriable');
  });

  it('an answer that leaves a partition out, or can not be read, leaves its fate unknown', async () => {
    const { clock, open, append } = setUp();
    const outcomes = [append(0), append(1)].map(kindOf);
    await clock.advance(0);
    const [request] = open as [Request];
    (request.batches as Batch[]).pop();
    request.answer();
    expect(await Promise.all(outcomes)).toEqual([0, 'ambiguous']);
  });

  it('limit kafka.waitingBytes: beyond it an append is refused, and surely not appended; room comes back', async () => {
    const { clock, open, append } = setUp();
    const large = { ...record, value: 'x'.repeat(800_000) };
    const most = Math.floor(WAITING_BYTES / 800_000);
    const outcomes = Array.from({ length: most + 40 }, () => kindOf(append(0, 1, large)));
    await clock.advance(10);
    const early = await Promise.race([...outcomes.slice(-1), clock.advance(0).then(() => 'waits')]);
    expect(early).toBe('retriable');
    for (let i = 0; i < most + 60 && open.length > 0; i++) {
      open[0]?.answer();
      await clock.advance(5);
    }
    const kinds = await Promise.all(outcomes);
    expect(kinds.filter((kind) => kind === 'retriable').length).toBeGreaterThanOrEqual(39);
    const again = kindOf(append(0, 1, large));
    await clock.advance(5);
    open[0]?.answer();
    expect(await again).toBeTypeOf('number');
  });

  it('limit kafka.requestBytes: a smaller batch does not overtake a larger one of its partition that had no room', async () => {
    const { clock, open, append } = setUp();
    const large = { ...record, value: 'x'.repeat(REQUEST_BYTES / 5) };
    const first = [0, 1, 2, 3].map((p) => append(p, 1, large));
    const late = append(4, 1, large);
    const later = append(4);
    await clock.advance(5);
    await clock.advance(5);
    expect(open.map(({ batches }) => batches.map(({ partition }) => partition))).toEqual([[0, 1, 2, 3], [4]]);
    for (let i = 0; i < 5; i++) {
      open[0]?.answer();
      await clock.advance(5);
    }
    expect(await Promise.all([...first, late, later])).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('invariant 1: whatever the broker does, batches of a partition stand in the order of their calls', async () => {
    for (let seed = 0; seed < 40; seed++) {
      const random = new Random(seed);
      const { clock, open, append } = setUp();
      const placed = new Map<number, number[]>();
      const ended: Promise<unknown>[] = [];
      for (let i = 0; i < 200; i++) {
        const p = random.below(6);
        const appending = append(p, 1 + random.below(4));
        ended.push(
          appending.then(
            (offset) => placed.set(p, [...(placed.get(p) ?? []), offset]),
            () => {},
          ),
        );
        await clock.advance(random.below(3));
        for (const { batches } of open) expect(new Set(batches.map(({ partition }) => partition)).size).toBe(batches.length);
        const flying = open.flatMap(({ batches }) => batches.map(({ partition }) => partition));
        expect(new Set(flying).size).toBe(flying.length);
        if (random.chance(0.5)) open[random.below(open.length)]?.answer(random.chance(0.1) ? { [p]: { error: 6 } } : {});
        else if (random.chance(0.03)) open[0]?.lose();
      }
      for (let i = 0; i < 400; i++) {
        open[0]?.answer();
        await clock.advance(2);
      }
      await Promise.all(ended);
      for (const offsets of placed.values()) expect(offsets, `seed ${seed}`).toEqual([...offsets].sort((a, b) => a - b));
    }
  });
});
