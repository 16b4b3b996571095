import { type Command, type EventRecord, HEADER, type PresenceDoc, TOPICS } from '@clatter/contract';
import { encodeCommand, presenceFacts } from '@clatter/kernel';
import { freeHost, ManualClock, MemoryCluster, MemoryFeeds } from '@clatter/memory';
import { type EventLog, type Log, type Part, type ReadModels, SILENT, UNMEASURED } from '@clatter/ports';
import { afterEach, expect, it } from 'vitest';
import { opening } from './domain/testPartition.ts';
import { wirePresence } from './wire.ts';

const COMMANDS = TOPICS.presenceCommands.name;
const EVENTS = TOPICS.presenceEvents.name;

const stopping: Part[] = [];
afterEach(() => {
  for (const part of stopping.splice(0)) void part.stop();
});

/** Presence on a log and store in memory, one partition; several owners may run. */
class Bed {
  readonly clock = new ManualClock();
  readonly cluster = new MemoryCluster();
  readonly host = freeHost('edge', this.clock);
  readonly log = this.cluster.log(this.host);
  readonly alarms: string[] = [];
  #n = 0;

  async start(change: (log: EventLog) => EventLog = (log) => log): Promise<readonly Part[]> {
    const host = freeHost(`presence${this.#n++}`, this.clock);
    const log = change(this.cluster.log(host));
    await log.ensureTopics([TOPICS.presenceCommands, TOPICS.presenceEvents], 1);
    const messaging: ReadModels = { collection: (name) => name, checkpoints: async () => ({}), reached: async () => true, pinned: () => messaging };
    const say: Log = { ...SILENT, error: (_, text) => this.alarms.push(text) };
    const ids = { random: () => 0.5, uuid7: () => 'u', name: () => `n${this.#n++}` };
    const listener = new MemoryFeeds().listener();
    const report = { log: say, metrics: UNMEASURED };
    const { parts } = wirePresence(
      { log, store: this.cluster.store(host), clock: this.clock, ids, listener, messaging, report },
      { roles: ['owner', 'projector'] },
    );
    for (const part of parts) await part.start();
    stopping.push(...parts);
    await this.clock.advance(0);
    return parts;
  }

  async say(name: string, key: string, data: object): Promise<void> {
    const command: Command = {
      id: name,
      name,
      key,
      actor: { user: '', session: '', device: '' },
      origin: { edge: 'e1', session: '', ref: '' },
      data: data as Command['data'],
    };
    await this.log.append(COMMANDS, 0, [encodeCommand(command)]);
    await this.clock.advance(0);
  }

  /** Time with a beat every 5 s. */
  async pass(ms: number, leases: number): Promise<void> {
    for (let at = 0; at < ms; at += 5_000) {
      await this.say('edge.beat', 'e1.1', { edge: 'e1', holder: 'e1.1', leases });
      await this.clock.advance(5_000);
    }
  }

  status(user: string): string | undefined {
    return (this.cluster.documents('presence.g1').get(user) as PresenceDoc | undefined)?.status;
  }
  /** How often each fact stands in the log. */
  get facts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { headers, value } of this.cluster.partition(EVENTS, 0).records) {
      if (headers[HEADER.claim] !== undefined) counts.claim = (counts.claim ?? 0) + 1;
      else for (const { name } of presenceFacts(JSON.parse(value) as EventRecord)) counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  }
}

it('owner and projector: a connection comes, stays over beats and ticks, and ends', async () => {
  const bed = new Bed();
  await bed.start();
  await bed.say('session.opened', 'anna', opening('anna', 'e1', 0));
  await bed.pass(60_000, 1);
  expect(bed.status('anna')).toBe('online');
  await bed.say('session.closed', 'anna', { lease: 'anna@e1', holder: 'e1.1', n: 1 });
  await bed.pass(15_000, 0);
  expect(bed.status('anna')).toBe('offline');
  expect(bed.alarms).toEqual([]);
});

it('another owner takes over, again and again: nobody who is connected goes offline', async () => {
  const bed = new Bed();
  let parts = await bed.start();
  await bed.say('session.opened', 'anna', opening('anna', 'e1', 0));
  for (let i = 0; i < 8; i++) {
    await bed.pass(15_000, 1);
    for (const part of parts) await Promise.race([part.stop(), bed.clock.advance(5_000)]);
    parts = await bed.start();
    expect(bed.status('anna')).toBe('online');
  }
  await bed.pass(30_000, 1);
  expect(bed.status('anna')).toBe('online');
  await bed.clock.advance(60_000); // and then the edge is silent
  expect(bed.status('anna')).toBe('offline');
  expect(bed.alarms).toEqual([]);
});

it('a claim an hour; beats leave no record of their own', async () => {
  const bed = new Bed();
  await bed.start();
  await bed.say('session.opened', 'anna', opening('anna', 'e1', 0));
  await bed.pass(60_000, 1);
  const { ticked = 0, ...others } = bed.facts;
  expect(others).toEqual({ claim: 1, 'lease.opened': 1, 'presence.changed': 1 });
  expect(ticked).toBeGreaterThan(10);
  expect(ticked).toBeLessThan(15);
  await bed.pass(3_600_000, 1);
  expect(bed.facts.claim).toBe(2);
  expect(bed.status('anna')).toBe('online');
});

it('commands that led to no record have left the log: the owner goes on at its start', async () => {
  const bed = new Bed();
  const parts = await bed.start();
  await bed.say('session.opened', 'anna', opening('anna', 'e1', 0));
  for (let i = 0; i < 3; i++) await bed.say('edge.beat', 'e1.1', { edge: 'e1', holder: 'e1.1', leases: 1 });
  for (const part of parts) await Promise.race([part.stop(), bed.clock.advance(5_000)]);
  await bed.start((log) => ({
    ...log,
    extent: async (topic, partition) => ({ ...(await log.extent(topic, partition)), ...(topic === COMMANDS ? { start: 3 } : {}) }),
  }));
  await bed.pass(10_000, 1);
  await bed.say('session.active', 'anna', { lease: 'anna@e1', holder: 'e1.1', n: 1, on: false });
  expect(bed.alarms).toEqual([]);
  await bed.clock.advance(1_000);
  expect(bed.status('anna')).toBe('away');
});
