import { ManualClock } from '@clatter/memory';
import { LogError } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { Writer } from '../wire/bytes.ts';
import { type Address, METADATA } from '../wire/metadata.ts';
import { Brokers } from './brokers.ts';
import { type Link, Unanswered, Unsent } from './link.ts';

type State = 'up' | 'down' | 'frozen' | 'refuses';

/** A cluster whose metadata says what the test wants, and every link that was made. */
class TestCluster {
  readonly clock = new ManualClock();
  nodes = new Map<number, Address>([1, 2, 3].map((node) => [node, { host: 'h', port: node }]));
  leaders = new Map<string, number>();
  readonly states = new Map<number, State>();
  /** who leads, as a broker that lags behind the others tells it: by port */
  readonly lagging = new Map<number, ReadonlyMap<string, number>>();
  readonly dialled: number[] = [];
  readonly asked: number[] = [];
  readonly links: { open: boolean; expires: number; retired: boolean; port: number }[] = [];

  readonly dial = async ({ port }: Address): Promise<Link> => {
    this.dialled.push(port);
    const state = this.states.get(port) ?? 'up';
    if (state === 'down') throw new Unsent('refused');
    if (state === 'refuses') throw new LogError('fatal', 'SASL: wrong password');
    const link = {
      port,
      open: true,
      retired: false,
      expires: Number.POSITIVE_INFINITY,
      retire: () => {
        link.retired = true;
        link.open = false;
      },
      end: () => {
        link.open = false;
      },
      request: async (api: unknown, { withinMs }: { withinMs: number }) => {
        expect(api).toBe(METADATA);
        this.asked.push(port);
        if (this.states.get(port) === 'frozen') {
          await new Promise<void>((resolve) => this.clock.after(withinMs, resolve));
          link.open = false;
          throw new Unanswered('frozen');
        }
        return this.#metadata(this.lagging.get(port) ?? this.leaders);
      },
    };
    this.links.push(link);
    return link as unknown as Link;
  };

  #metadata(leaders: ReadonlyMap<string, number>): Buffer {
    const to = new Writer(64);
    to.int32(0);
    to.int32(this.nodes.size);
    for (const [node, { host, port }] of this.nodes) {
      to.int32(node);
      to.string(host);
      to.int32(port);
      to.string(null);
    }
    to.string('cluster');
    to.int32(1);
    to.int32(1);
    to.int16(leaders.size > 0 ? 0 : 3); // UNKNOWN_TOPIC_OR_PARTITION
    to.string('t');
    to.int8(0);
    to.int32(leaders.size);
    for (const [name, leader] of leaders) {
      to.int16(leader < 0 ? 5 : 0);
      to.int32(Number(name.split('/')[1]));
      to.int32(leader);
      for (let i = 0; i < 3; i++) to.int32(0);
    }
    return Buffer.from(to.written);
  }
}

const setUp = () => {
  const cluster = new TestCluster();
  cluster.leaders.set('t/0', 2).set('t/1', -1);
  const brokers = new Brokers(cluster.dial, ['h:1', 'h:2'], cluster.clock);
  brokers.know(['t']);
  return { cluster, brokers };
};

describe('brokers', () => {
  it('know who leads, and ask again only when it is doubted or a minute old', async () => {
    const { cluster, brokers } = setUp();
    expect(await brokers.leaderOf('t', 0)).toBe(2);
    expect(brokers.leader('t', 1)).toBeUndefined();
    for (let i = 0; i < 5; i++) await brokers.refresh();
    expect(cluster.asked).toHaveLength(1);
    cluster.leaders.set('t/0', 3);
    brokers.doubt();
    brokers.freshen();
    expect(await brokers.leaderOf('t', 0)).toBe(2); // as known: nobody waits for a doubt
    await cluster.clock.advance(100);
    expect(brokers.leader('t', 0)).toBe(3);
    await cluster.clock.advance(61_000);
    brokers.freshen();
    await cluster.clock.advance(100);
    expect(cluster.asked).toHaveLength(3);
  });

  it('however many doubt at once, one question is under way, and 50 ms lie between two', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    for (let i = 0; i < 100; i++) {
      brokers.doubt();
      brokers.freshen();
      await cluster.clock.advance(5);
    }
    expect(cluster.asked.length).toBeLessThanOrEqual(1 + 500 / 50 + 1);
  });

  it('a frozen or dead broker is passed over; where none answers the reason is told, and the next call tries again', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    cluster.states.set(1, 'frozen').set(2, 'down');
    brokers.doubt();
    const asking = brokers.refresh();
    await cluster.clock.advance(5_000);
    await asking;
    cluster.states.set(1, 'down').set(3, 'down');
    for (const link of cluster.links) link.open = false;
    brokers.doubt();
    const failing = brokers.refresh();
    const failed = expect(failing).rejects.toThrow('no broker says who leads: refused');
    await cluster.clock.advance(5_000);
    await failed;
    cluster.states.clear();
    const again = brokers.refresh();
    await cluster.clock.advance(100);
    await again;
  });

  it('refused credentials are told at once, as fatal', async () => {
    const { cluster, brokers } = setUp();
    for (const port of [1, 2]) cluster.states.set(port, 'refuses');
    await expect(brokers.refresh()).rejects.toMatchObject({ kind: 'fatal' });
    expect(cluster.dialled).toHaveLength(1);
  });

  it('a link is shared while it is open, and replaced when it ended, ends soon, or its broker moved', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    const [a, b] = await Promise.all([brokers.link(2, 'write0'), brokers.link(2, 'write0')]);
    expect(a).toBe(b);
    expect(await brokers.link(2, 'write1')).not.toBe(a);
    Object.assign(a, { expires: cluster.clock.now() + 1_000 });
    await cluster.clock.advance(1_000);
    const c = await brokers.link(2, 'write0');
    expect([c === a, (a as unknown as { retired: boolean }).retired]).toEqual([false, true]);
    Object.assign(c, { open: false });
    const d = await brokers.link(2, 'write0');
    expect(d).not.toBe(c);
    cluster.nodes = new Map([[2, { host: 'h', port: 9 }]]);
    brokers.doubt();
    await brokers.refresh();
    expect((d as unknown as { retired: boolean }).retired).toBe(true);
    expect(((await brokers.link(2, 'write0')) as unknown as { port: number }).port).toBe(9);
    await expect(brokers.link(7, 'look')).rejects.toBeInstanceOf(Unsent);
  });

  it('what is being written to a broker that leads nothing any more is given up at once; what is asked of it is not', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    const lanes = ['write0', 'write1', 'follow', 'look', 'ask'] as const;
    const links = await Promise.all(lanes.map((lane) => brokers.link(2, lane)));
    cluster.leaders.set('t/0', 3);
    brokers.doubt();
    const asking = brokers.refresh();
    await cluster.clock.advance(100);
    await asking;
    expect(links.map(({ open }) => open)).toEqual([false, false, true, true, true]);
  });

  it('a broker that does not know a topic yet says nothing of who leads it: what is being written goes on', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    const link = await brokers.link(2, 'write0');
    for (const port of [1, 2, 3]) cluster.lagging.set(port, new Map());
    brokers.doubt();
    const asking = brokers.refresh();
    await cluster.clock.advance(100);
    await asking;
    expect(link.open).toBe(true);
  });

  it('one broker that lags behind tells of a former leader no longer than until the next is asked', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    for (const node of [1, 2, 3]) await brokers.link(node, 'ask');
    for (const port of [1, 2, 3]) {
      cluster.lagging.clear();
      cluster.lagging.set(port, new Map([['t/0', 2]]));
      cluster.leaders.set('t/0', 3);
      let asked = 0;
      do {
        brokers.doubt(); // as NOT_LEADER makes it
        const asking = brokers.refresh();
        await cluster.clock.advance(100);
        await asking;
      } while (brokers.leader('t', 0) !== 3 && ++asked < 9);
      expect(asked).toBeLessThanOrEqual(1);
    }
  });

  it('a leader that is away for a moment, or is none of the brokers that are told, is asked for until it is there', async () => {
    const { cluster, brokers } = setUp();
    cluster.leaders.set('t/0', -1);
    expect(await brokers.leaderOf('t', 0)).toBeUndefined();
    cluster.leaders.set('t/0', 9); // fenced: it leads, and no address of it is told
    const asking = brokers.leaderOf('t', 0);
    await cluster.clock.advance(100);
    await expect(brokers.link((await asking) as number, 'write0')).rejects.toBeInstanceOf(Unsent);
    brokers.doubt();
    cluster.nodes.set(9, { host: 'h', port: 9 });
    const again = brokers.refresh();
    await cluster.clock.advance(100);
    await again;
    expect(await brokers.link(9, 'write0')).toMatchObject({ port: 9 });
  });

  it('a broker one of whose links has ended is asked last', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    for (const node of [1, 2, 3]) await brokers.link(node, 'ask');
    const ended = await brokers.link(2, 'follow');
    Object.assign(ended, { open: false });
    cluster.asked.splice(0);
    for (let i = 0; i < 6; i++) {
      brokers.doubt();
      const asking = brokers.refresh();
      await cluster.clock.advance(100);
      await asking;
    }
    expect(new Set(cluster.asked)).toEqual(new Set([1, 3]));
  });

  it('an address that is none is refused by name', () => {
    for (const broker of ['localhost', 'h:', ':9092', 'h:99999', 'h:port'])
      expect(() => new Brokers(async () => expect.unreachable(), [broker], new ManualClock())).toThrow(`a Kafka broker is host:port, not ${broker}`);
  });

  it('a dial that failed is tried again by the next who asks; after the end nobody dials', async () => {
    const { cluster, brokers } = setUp();
    await brokers.refresh();
    cluster.states.set(3, 'down');
    await expect(brokers.link(3, 'follow')).rejects.toBeInstanceOf(Unsent);
    cluster.states.clear();
    await brokers.link(3, 'follow');
    brokers.close();
    expect(cluster.links.every(({ open }) => !open)).toBe(true);
    await expect(brokers.link(3, 'follow')).rejects.toThrow('the log was closed');
  });
});
