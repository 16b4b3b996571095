import { type Clock, LogError, remaining, sleep } from '@clatter/ports';
import { type Address, METADATA, type Metadata, readMetadata, writeMetadata } from '../wire/metadata.ts';
import { addressOf } from './address.ts';
import type { Dial } from './dial.kafka.ts';
import { type Link, Unsent } from './link.ts';

/**
 * Links to one broker, which answers the requests of one link in their order: what may wait long has one of its own.
 * `write0`, `write1`: produces. `follow`: the long poll. `look`: readers that catch up, from a disk. `ask`: short questions.
 */
export type Lane = 'write0' | 'write1' | 'follow' | 'look' | 'ask';
export type Reach = Pick<Brokers, 'freshen' | 'refresh' | 'leader' | 'leaderOf' | 'doubt' | 'link'>;

type Held = { readonly address: Address; readonly lane: Lane; readonly link: Promise<Link>; made?: Link };

const METADATA_MS = 60_000;
/** ms: a frozen broker takes connections and says nothing; then the next one is asked */
const METADATA_WITHIN = 2_000;
/** ms from one question to the next */
const DOUBT_MS = 50;

/** The brokers of a cluster: where they are, who leads what, and links to them. */
export class Brokers {
  readonly #dial: Dial;
  readonly #seeds: readonly Address[];
  readonly #clock: Clock;
  readonly #topics = new Set<string>();
  readonly #links = new Map<string, Held>();
  #metadata: Metadata = { nodes: new Map(), partitions: new Map(), leaders: new Map() };
  #answeredAt = 0;
  #askedAt = 0;
  #stale = true;
  #refreshing: Promise<void> | undefined;
  #turn = 0;
  #closed = false;

  constructor(dial: Dial, brokers: readonly string[], clock: Clock) {
    this.#dial = dial;
    this.#seeds = brokers.map(addressOf);
    this.#clock = clock;
  }

  /** Asks for the leaders of these topics from now on. */
  know(topics: readonly string[]): void {
    for (const topic of topics) {
      if (this.#topics.has(topic)) continue;
      this.#topics.add(topic);
      this.#stale = true;
    }
  }

  /** How many partitions a topic has; 0 where there is no such topic, or it is not known yet. */
  partitions(topic: string): number {
    return this.#metadata.partitions.get(topic) ?? 0;
  }

  /** Leaders may have moved: the next `refresh` asks for them. */
  doubt(): void {
    this.#stale = true;
  }

  /** Called before requests: asks the cluster where something may have changed, and keeps nobody waiting, as one broker may be frozen. */
  freshen(): void {
    if (this.#old) this.refresh().catch(() => {}); // it stays doubted, and who finds no leader hears why
  }

  /** Resolves when what is known is fresh. @throws {Unsent | LogError} where no broker answers */
  refresh(): Promise<void> {
    if (!this.#old) return Promise.resolve();
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  get #old(): boolean {
    return this.#stale || this.#clock.now() - this.#answeredAt >= METADATA_MS;
  }

  /** As `leader`; where none is known the cluster is asked first. @throws {Unsent | LogError} */
  async leaderOf(topic: string, partition: number): Promise<number | undefined> {
    const known = this.leader(topic, partition);
    if (known === undefined) {
      this.know([topic]);
      this.#stale = true;
      await this.refresh();
    } else this.freshen();
    return this.leader(topic, partition);
  }

  /** Node id of the leader; undefined where there is none, or it is not known yet. */
  leader(topic: string, partition: number): number | undefined {
    return this.#metadata.leaders.get(`${topic}/${partition}`);
  }

  /** The link of this lane; made anew where the former one ended, or ends soon. @throws {Unsent | LogError} */
  link(node: number, lane: Lane): Promise<Link> {
    const address = this.#metadata.nodes.get(node);
    if (!address) return Promise.reject(new Unsent(`broker ${node} is not known`));
    return this.#linkTo(address, lane);
  }

  close(): void {
    this.#closed = true;
    for (const { made } of this.#links.values()) made?.end('the log was closed');
  }

  #linkTo(address: Address, lane: Lane): Promise<Link> {
    if (this.#closed) return Promise.reject(new Unsent('the log was closed'));
    const name = `${address.host}:${address.port}/${lane}`;
    const held = this.#links.get(name);
    if (held && (!held.made || (held.made.open && this.#clock.now() < held.made.expires))) return held.link;
    held?.made?.retire();
    const dialling = this.#dial(address);
    const entry: Held = { address, lane, link: dialling };
    this.#links.set(name, entry);
    dialling.then(
      (link) => {
        entry.made = link;
        if (this.#closed) link.end('the log was closed');
        else if (this.#links.get(name) !== entry) link.retire(); // the broker moved meanwhile
      },
      () => {
        if (this.#links.get(name) === entry) this.#links.delete(name);
      },
    );
    return dialling;
  }

  async #refresh(): Promise<void> {
    const wait = this.#askedAt === 0 ? 0 : remaining(this.#clock, this.#askedAt, DOUBT_MS);
    if (wait > 0) await sleep(this.#clock, wait);
    this.#askedAt = this.#clock.now();
    const topics = [...this.#topics];
    this.#stale = false; // what is doubted from now on is asked again
    let failure: unknown;
    for (const address of this.#toAsk()) {
      try {
        const link = await this.#linkTo(address, 'ask');
        const body = await link.request(METADATA, { guess: 32 * topics.length, withinMs: METADATA_WITHIN }, (to) => writeMetadata(to, topics));
        this.#know(readMetadata(body));
        return;
      } catch (error) {
        failure = error;
        if (error instanceof LogError) break; // credentials, or versions: the others would say the same
      }
    }
    this.#stale = true;
    if (failure instanceof LogError) throw failure;
    throw new Unsent(`no broker says who leads: ${failure instanceof Error ? failure.message : String(failure)}`, { cause: failure });
  }

  /** Those whose links are all well first, in turn: one that is cut off from the others may tell of leaders that have gone. */
  #toAsk(): Address[] {
    this.#turn++;
    const known = [...this.#metadata.nodes.values()];
    const turned = known.map((_, i) => known[(i + this.#turn) % known.length] as Address);
    const all = [...turned.filter((a) => this.#well(a)), ...turned.filter((a) => !this.#well(a)), ...this.#seeds];
    return all.filter((a, i) => all.findIndex((b) => sameAddress(a, b)) === i);
  }

  #well(address: Address): boolean {
    const held = [...this.#links.values()].filter((one) => sameAddress(one.address, address));
    return held.length > 0 && held.every(({ made }) => made?.open === true);
  }

  #know(metadata: Metadata): void {
    if (metadata.nodes.size === 0) throw new Unsent('a broker that knows no broker');
    const lags = [...this.#metadata.partitions].some(([topic, count]) => count > (metadata.partitions.get(topic) ?? 0));
    this.#metadata = metadata;
    this.#answeredAt = this.#clock.now();
    const nodes = [...metadata.nodes.values()];
    for (const [name, { address, lane, made }] of this.#links) {
      if ((lane === 'ask' ? [...nodes, ...this.#seeds] : nodes).some((a) => sameAddress(a, address))) continue;
      this.#links.delete(name); // the broker is elsewhere now
      made?.retire();
    }
    if (!lags) this.#endIdle(metadata); // a broker that lags behind, and does not know a topic yet, can't tell who leads it
  }

  /**
   * What is being written to a broker that leads nothing any more can't be acknowledged: it need not wait for its time-out. So a frozen
   * broker keeps writers waiting no longer than the cluster needs to choose other leaders.
   */
  #endIdle({ nodes, leaders }: Metadata): void {
    const leading = new Set(leaders.values());
    for (const [node, address] of nodes) {
      if (leading.has(node)) continue;
      for (const { lane, made, address: at } of this.#links.values())
        if (lane.startsWith('write') && sameAddress(at, address)) made?.end('it leads nothing any more');
    }
  }
}

const sameAddress = (a: Address, b: Address): boolean => a.host === b.host && a.port === b.port;
