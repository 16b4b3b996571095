import { ManualClock } from '@clatter/memory';
import { type GroupHandler, type LogRecord, SILENT } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import type { Readable, Reading } from '../reading/readable.ts';
import type { SharedReading } from '../reading/shared.ts';
import { KafkaMember } from './member.kafka.ts';
import type { MemberOptions } from './options.kafka.ts';

const TIMEOUT = 3_000;
type Config = { readonly partitionAssigners: readonly ((about: { readonly cluster: object }) => object)[] };
type Listener = (event: { readonly payload: object }) => void;
const record = (offset: number): LogRecord => ({ offset, at: 0, key: '', headers: {}, value: '' });

/** A group of which the test is the coordinator, and a reading whose records come when the test wants. */
const setUp = async () => {
  const clock = new ManualClock();
  const listeners = new Map<string, Listener>();
  let generation = 0;
  const ask = async (_request: object) => ({ generationId: generation });
  const cluster = { findGroupCoordinator: async () => ({ joinGroup: ask, syncGroup: ask, heartbeat: ask }) };
  const names = ['HEARTBEAT', 'CRASH', 'GROUP_JOIN', 'REQUEST'];
  const kafka = {
    consumer: ({ partitionAssigners }: Config) => {
      for (const assigner of partitionAssigners) assigner({ cluster });
      const nothing = async (): Promise<void> => {};
      const consumer = { connect: nothing, subscribe: nothing, run: nothing, disconnect: nothing, commitOffsets: nothing, pause: () => {} };
      return { ...consumer, events: Object.fromEntries(names.map((name) => [name, name])), on: (name: string, take: Listener) => listeners.set(name, take) };
    },
  };
  const readings: { readonly o: Readable; ended: boolean }[] = [];
  const read = (o: Readable): Reading => {
    const one = { o, ended: false };
    readings.push(one);
    const end = (): void => {
      one.ended = true;
    };
    return { seek: () => {}, pause: () => {}, resume: () => {}, end, heardAt: () => 0 };
  };
  const told: string[] = [];
  const handler: GroupHandler = {
    assigned: async () => ({ events: 0 }),
    revoked: async (partition, why) => void told.push(`${why} ${partition}`),
    records: (_topic, partition, records) => void told.push(`${records.length} of ${partition}`),
    failed: (error) => expect.unreachable(error.message),
  };
  const member = new KafkaMember({
    kafka: kafka as unknown as MemberOptions['kafka'],
    group: 'g',
    topics: ['c.events'],
    prefix: 'c.',
    handler,
    clock,
    log: SILENT,
    sessionTimeout: TIMEOUT,
    heartbeatInterval: 500,
    reading: { read } as unknown as SharedReading,
    patience: 0,
    dense: () => true,
    startOf: async () => 0,
    left: () => {},
  });
  await member.start();
  const say = (name: string, payload: object): void => listeners.get(name)?.({ payload });
  const sent = (apiName: string): void => say('REQUEST', { apiName, sentAt: clock.now() });
  return {
    clock,
    member,
    told,
    readings,
    /** every way into JoinGroup begins so */
    rejoin: async () => {
      const coordinator = await cluster.findGroupCoordinator();
      generation++;
      await coordinator.joinGroup({});
    },
    assigned: async (...partitions: number[]) => {
      sent('SyncGroup');
      say('GROUP_JOIN', { memberId: 'm', memberAssignment: { 'c.events': partitions } });
      await clock.advance(0);
    },
    heartbeat: () => {
      sent('Heartbeat');
      say('HEARTBEAT', {});
    },
    bring: (i = 0): boolean => readings[i]?.o.take([record(0)], 1) ?? false,
  };
};

describe('a member of a group', () => {
  it('invariant 6: hands on nothing when its lease may be over, and goes on when the group is heard again', async () => {
    const { clock, member, told, rejoin, assigned, heartbeat, bring } = await setUp();
    await rejoin();
    await assigned(0);
    expect([bring(), member.owns(0)]).toEqual([true, true]);
    await clock.advance(TIMEOUT - 400);
    expect([bring(), member.owns(0)]).toEqual([false, false]);
    heartbeat();
    expect([bring(), member.owns(0)]).toEqual([true, true]);
    expect(told).toEqual(['1 of 0', '1 of 0']);
  });

  it('invariant 6: hands on nothing between JoinGroup and the new assignment; what it keeps goes on, what it lost ends', async () => {
    const { member, told, readings, rejoin, assigned, bring } = await setUp();
    await rejoin();
    await assigned(0, 1);
    await rejoin();
    expect([bring(0), bring(1), member.owns(0)]).toEqual([false, false, false]);
    await assigned(1);
    expect([bring(1), member.owns(0), member.owns(1)]).toEqual([true, false, true]);
    expect(told).toEqual(['lost 0', '1 of 1']);
    expect(readings.map(({ ended }) => ended)).toEqual([true, false]);
  });

  it('a member that rejoins after its lease is over has lost everything: another one may have written meanwhile', async () => {
    const { clock, told, readings, rejoin, assigned, bring } = await setUp();
    await rejoin();
    await assigned(0);
    await clock.advance(TIMEOUT);
    await rejoin();
    await assigned(0);
    expect(told).toEqual(['lost 0']);
    expect(readings.map(({ ended }) => ended)).toEqual([true, false]);
    expect(bring(1)).toBe(true);
  });

  it('a generation that it missed had another owner: it begins anew', async () => {
    const { told, rejoin, assigned } = await setUp();
    await rejoin();
    await assigned(0);
    await rejoin();
    await rejoin();
    await assigned(0);
    expect(told).toEqual(['lost 0']);
  });

  it('a heartbeat that was sent before the question is no answer to it', async () => {
    const { clock, member, rejoin, assigned, heartbeat } = await setUp();
    await rejoin();
    await assigned(0);
    let heard = false;
    await clock.advance(10);
    void member.heartbeat().then(() => {
      heard = true;
    });
    await clock.advance(0);
    expect(heard).toBe(false);
    heartbeat();
    await clock.advance(0);
    expect(heard).toBe(true);
  });
});
