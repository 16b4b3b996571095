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
const setUp = async ({ revoked = async (): Promise<void> => {}, subscribe = async (): Promise<void> => {} } = {}) => {
  const clock = new ManualClock();
  const told: string[] = [];
  const listeners = new Map<string, Listener>();
  let generation = 0;
  const ask = async (_request: object) => ({ generationId: generation });
  const cluster = { findGroupCoordinator: async () => ({ joinGroup: ask, syncGroup: ask, heartbeat: ask }) };
  const names = ['HEARTBEAT', 'CRASH', 'GROUP_JOIN', 'REQUEST'];
  const kafka = {
    consumer: ({ partitionAssigners }: Config) => {
      for (const assigner of partitionAssigners) assigner({ cluster });
      const nothing = async (): Promise<void> => {};
      const run = async (): Promise<void> => void told.push('runs');
      const disconnect = async (): Promise<void> => void told.push('left');
      const consumer = { connect: nothing, subscribe, run, disconnect, commitOffsets: nothing, pause: () => {} };
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
  const handler: GroupHandler = {
    assigned: async () => ({ events: 0 }),
    revoked: async (partition, why) => {
      told.push(`${why} ${partition}`);
      await revoked();
    },
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
  const starting = member.start().then(() => void told.splice(0, told[0] === 'runs' ? 1 : 0));
  await clock.advance(0);
  const say = (name: string, payload: object): void => listeners.get(name)?.({ payload });
  const sent = (apiName: string): void => say('REQUEST', { apiName, sentAt: clock.now() });
  return {
    clock,
    starting,
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

  it('however many ask it to leave, and whatever the group gives it meanwhile, it leaves once, after what it had is flushed', async () => {
    let flushed = (): void => {};
    const revoked = (): Promise<void> =>
      new Promise((resolve) => {
        flushed = resolve;
      });
    const { clock, member, told, readings, rejoin, assigned } = await setUp({ revoked });
    await rejoin();
    await assigned(0);
    const leaving = [member.leave(), member.leave()];
    await clock.advance(100);
    expect(told).toEqual(['rebalance 0']);
    await rejoin();
    await assigned(0, 1);
    expect(readings.map(({ ended }) => ended)).toEqual([true]);
    flushed();
    await Promise.all(leaving);
    expect(told).toEqual(['rebalance 0', 'left']);
  });

  it('a flush that fails keeps it in no group', async () => {
    const { member, told, rejoin, assigned } = await setUp({ revoked: () => Promise.reject(new Error('the store is away')) });
    await rejoin();
    await assigned(0);
    await member.leave();
    expect(told).toEqual(['rebalance 0', 'left']);
  });

  it('one that is told to leave while it starts joins no group', async () => {
    let subscribed = (): void => {};
    const subscribe = (): Promise<void> =>
      new Promise((resolve) => {
        subscribed = resolve;
      });
    const { member, told, starting } = await setUp({ subscribe });
    await member.leave();
    subscribed();
    await starting;
    expect(told).not.toContain('runs');
  });
});
