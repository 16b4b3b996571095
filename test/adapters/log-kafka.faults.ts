import { admit, decodeEvent, encodeClaim, NO_FENCE, stampOf } from '@clatter/kernel';
import type { EventLog, GroupHandler, Membership } from '@clatter/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import type { RunningKafka } from '../testbed/running.ts';
import { ServerProcess } from '../testbed/server.ts';
import { durableTopic, openTestLog } from './kafkaLog.ts';
import { recordOf } from './records.ts';
import { Traffic } from './traffic.ts';

const PARTITIONS = 6;

/** What three brokers and a group must stand. */
export const underFaults = (running: () => RunningKafka): void => {
  let kafka: RunningKafka;
  let log: EventLog;
  beforeAll(async () => {
    kafka = running();
    log = await openTestLog(kafka.brokers, `f${process.pid}.`);
  });
  afterAll(() => log?.close());

  it('one of three brokers killed while all partitions are written and read: nothing acknowledged is lost, order is kept, all flows again', {
    timeout: 120_000,
  }, async ({ skip }) => {
    if (!kafka.touchable) return skip('the brokers were given by their addresses and are not ours to kill');
    const traffic = await Traffic.start(log, 'killed', PARTITIONS); // spread over the brokers: each leads two
    await traffic.flows(50, 60_000);
    await kafka.kill(0);
    await traffic.flows(50, 60_000);
    await kafka.restart(0);
    await traffic.flows(50, 60_000);
    await traffic.stop(60_000);
    process.stderr.write(`a killed broker of three: the partitions stood still for ${traffic.stalls.join(', ')} ms\n`);
  });

  it('a member frozen past the session timeout: the other one takes over, and what the woken one still appends is void', { timeout: 60_000 }, async () => {
    const [topic, group] = ['frozen', 'frozen'];
    await log.ensureTopics([durableTopic(topic)], 2);
    const led = new Map<number, number>();
    const handler: GroupHandler = {
      assigned: async (p) => {
        const epoch = Date.now();
        await log.append(topic, p, [encodeClaim({ epoch, owner: 'parent' })]);
        led.set(p, epoch);
        return { [topic]: 'paused' };
      },
      revoked: async (p) => void led.delete(p),
      records: () => {},
      failed: (error) => expect.unreachable(error.message),
    };
    const member: Membership = await log.join({ group, topics: [topic], handler });
    const file = new URL('./member.ts', import.meta.url).pathname;
    const child = new ServerProcess(process.execPath, [file, kafka.brokers.join(','), `f${process.pid}.`, topic, group], process.cwd());
    child.start();
    const said = (word: string): number[] | undefined => new RegExp(`${word} (\\d+) (\\d+)`).exec(child.output)?.slice(1).map(Number);
    await until('each leads one', () => said('leads') !== undefined && led.size === 1);
    const [p = -1] = said('leads') ?? [];
    const froze = performance.now();
    child.signal('SIGSTOP');
    await until('the other one leads both', () => led.size === 2);
    process.stderr.write(`a frozen member: its partition was taken over after ${Math.round(performance.now() - froze)} ms\n`);
    child.signal('SIGCONT');
    await until('the woken one has appended', () => said('woken') !== undefined);
    await log.append(topic, p, [recordOf(led.get(p) ?? 0, 2, 'after')]);
    const admitted: string[] = [];
    let fence = NO_FENCE;
    const { end } = (await log.ends(topic))[p] ?? { end: 0 };
    const records = await log.read(topic, p, 0, end);
    for (const { offset, headers, value } of records) {
      const stamp = stampOf(headers);
      const verdict = admit(fence, stamp, offset);
      fence = verdict.fence;
      if (verdict.admitted && !('claim' in stamp)) admitted.push(decodeEvent(value).command.id);
    }
    expect(records.some(({ value }) => value.includes('"woken"'))).toBe(true);
    expect(admitted).toEqual(['awake', 'after']);
    await until('the woken one is a member again', () => led.size === 1);
    await child.kill();
    await member.leave();
  });
};
