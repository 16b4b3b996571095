import { join } from 'node:path';
import { TOPICS } from '@clatter/contract';
import { REBUILD_DEFAULTS, Rebuild } from '@clatter/engine';
import { messagingCollections, messagingProjector, messagingTopicOf } from '@clatter/messaging';
import { type EventLog, type GroupHandler, type LogError, type LogRecord, SILENT, UNMEASURED } from '@clatter/ports';
import { systemClock as clock, systemIds as ids } from '@clatter/runtime';
import { openSqliteStore } from '@clatter/sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Rooms } from '../engine/rooms.ts';
import { dataFolder, until } from '../flow/harness.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { openTestLog, setting } from './kafkaLog.ts';

const PARTITIONS = 4;
const EVENTS = TOPICS.messagingEvents.name;
const COUNT = setting('TESTBED_EVENTS', 20_000);
const LIVE = 50;
/** ms: a thousand events a second at least */
const IN_TIME = COUNT + 30_000;

/** Counts what comes, and keeps the first record that is not the next one. */
class Counting {
  readonly next: number[] = new Array(PARTITIONS).fill(0);
  readonly failures: LogError[] = [];
  wrong: string | undefined;

  readonly records = (_topic: string, p: number, records: readonly LogRecord[]): void => {
    for (const { offset } of records) {
      const next = this.next[p] ?? 0;
      if (offset !== next) this.wrong ??= `partition ${p}: ${offset} instead of ${next}`;
      this.next[p] = offset + 1;
    }
  };

  readonly failed = (error: LogError): void => void this.failures.push(error);

  get total(): number {
    return this.next.reduce((sum, n) => sum + n, 0);
  }
}

/** A long log is read from its beginning while it goes on. */
export const rebuilding = (running: () => RunningKafka): void => {
  let log: EventLog;
  let rooms: Rooms;
  let written = PARTITIONS;
  const write = async (count: number): Promise<void> => {
    await rooms.write(count);
    written += count;
  };
  /** Appends a few events at a time until all that is to be read is read. */
  const writeUntil = async (what: string, over: () => boolean): Promise<void> => {
    for (const end = performance.now() + IN_TIME; !over(); await write(LIVE)) if (performance.now() > end) throw new Error(`it did not happen: ${what}`);
  };

  beforeAll(async () => {
    log = await openTestLog(running().brokers, `b${process.pid}.`);
    await log.ensureTopics(Object.values(TOPICS), PARTITIONS);
    rooms = new Rooms(log, Math.ceil(COUNT / 100), PARTITIONS);
    await rooms.claim();
    await write(COUNT);
  }, IN_TIME + 60_000);
  afterAll(() => log?.close());

  it(`${COUNT} events are read from the first one on while others are appended: every record once, in order`, { timeout: 2 * IN_TIME }, async () => {
    const [tailed, joined] = [new Counting(), new Counting()];
    const handler: GroupHandler = { ...joined, assigned: async () => ({ [EVENTS]: 0 }), revoked: async () => {} };
    const began = performance.now();
    const tail = await log.tail({ from: { [EVENTS]: new Array(PARTITIONS).fill(0) }, records: tailed.records, failed: tailed.failed });
    const member = await log.join({ group: 'reading', topics: [EVENTS], handler });
    await writeUntil('both have read what was there', () => tailed.total >= COUNT && joined.total >= COUNT);
    const seconds = (performance.now() - began) / 1_000;
    await until('both have read what came meanwhile', () => tailed.total >= written && joined.total >= written);
    for (const reading of [tailed, joined]) {
      expect(reading.failures).toEqual([]);
      expect(reading.wrong).toBeUndefined();
      expect(reading.next).toEqual((await log.ends(EVENTS)).map(({ end }) => end));
    }
    process.stderr.write(`${COUNT} events read by a tail and a member in ${seconds.toFixed(1)} s: ${Math.round(COUNT / seconds)} per second\n`);
    await tail.close();
    await member.leave();
  });

  it('read models are rebuilt from the log while events come in, and both generations are equal', { timeout: 4 * IN_TIME }, async () => {
    const data = dataFolder();
    const store = openSqliteStore({ path: join(data.path, 'store.sqlite'), durable: false });
    const settings = { pollMs: 20, buildRecords: 5_000, queuedRecords: 20_000 };
    const projector = messagingProjector({ log, store, clock, ids, report: { log: SILENT, metrics: UNMEASURED } }, settings);
    const work = new Rebuild({ service: 'messaging', collections: messagingCollections, topicOf: messagingTopicOf, ...REBUILD_DEFAULTS, store, clock });
    const began = performance.now();
    await projector.start();
    await work.serves();
    const building = await work.begin();
    let over = false;
    const caughtUp = work
      .caughtUp(building, () => {}, { close: 0, every: 20 })
      .finally(() => {
        over = true;
      });
    await writeUntil('the new generation has caught up', () => over);
    await caughtUp;
    const seconds = (performance.now() - began) / 1_000;
    const { documents, different } = await work.compare(building);
    expect(different).toBe(0);
    expect(documents).toBeGreaterThan(COUNT / 2);
    process.stderr.write(`${COUNT} events projected twice over Kafka in ${seconds.toFixed(1)} s: ${Math.round((2 * COUNT) / seconds)} per second\n`);
    await projector.stop();
    await store.close();
    data.remove();
  });
};
