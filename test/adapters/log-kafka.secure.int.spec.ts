import { createHook } from 'node:async_hooks';
import type { EventLog } from '@clatter/ports';
import { eventLogContract } from '@clatter/ports/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../flow/harness.ts';
import { type LocalKafka, startLocalKafka } from '../testbed/kafka.local.ts';
import { describeOn } from '../testbed/suite.ts';
import { openTestLog, within } from './kafkaLog.ts';
import { withoutSessions } from './log-kafka.sessions.ts';
import { Traffic } from './traffic.ts';

/** ms: longer than the 10 s that kafkajs keeps between a new authentication and the end of the old one, else it would authenticate with every request */
const LIFETIME = 12_000;
/** Connections made anew in one lifetime: none is needed, a storm makes hundreds. */
const FEW = 10;
const REFUSED_WITHIN = 20_000;

/** Connections that this process began. */
let connections = 0;
const counting = createHook({
  init: (_id, type) => {
    if (type === 'TCPCONNECTWRAP') connections++;
  },
});

await describeOn(
  ['kafka'],
  'on a real broker with TLS and SASL, which grants no fetch sessions',
  () => {
    let kafka: LocalKafka;
    let log: EventLog;
    let traffic: Traffic;
    let began = 0;
    const open = (prefix: string, sasl = kafka.secure().sasl, ssl: { readonly ca: string } | true = kafka.secure().ssl): Promise<EventLog> =>
      openTestLog(kafka.secure().brokers, `${prefix}${process.pid}.`, { ssl, sasl });

    beforeAll(async () => {
      counting.enable();
      kafka = await startLocalKafka(1, { secure: { lifetime: LIFETIME }, properties: { 'max.incremental.fetch.session.cache.slots': 0 } });
      log = await open('l');
      began = performance.now();
      traffic = new Traffic(log, 'long', 4, 50);
      await traffic.begin(); // goes on under all tests, and is judged by the last one
    });
    afterAll(async () => {
      counting.disable();
      traffic?.abandon();
      await log?.close();
      await kafka?.stop();
    });

    eventLogContract('Kafka, TLS and SASL', async () => {
      const opened = await open('c');
      return { log: opened, sharedGroups: true, close: () => opened.close() };
    });

    it.each([
      ['a wrong password', { password: 'wrong' }, /authentication failed|invalid credentials/i],
      ['a user that nobody knows', { username: 'nobody' }, /authentication failed|invalid credentials/i],
      ['a mechanism that the broker does not take', { mechanism: 'plain' }, /mechanism/i],
    ])('%s: the log does not open, and says why', { timeout: REFUSED_WITHIN + 10_000 }, async (what, wrong, why) => {
      const sasl = { ...kafka.secure().sasl, ...wrong } as ReturnType<LocalKafka['secure']>['sasl'];
      await expect(within(REFUSED_WITHIN, what, open('w', sasl))).rejects.toMatchObject({ kind: 'fatal', message: expect.stringMatching(why) });
    });

    it('a certificate that nobody trusts: the log does not open, and says why', { timeout: REFUSED_WITHIN + 10_000 }, async () => {
      const opening = within(REFUSED_WITHIN, 'opening', open('w', undefined, true));
      await expect(opening).rejects.toMatchObject({ kind: 'fatal', message: expect.stringMatching(/certificate/i) });
    });

    describe('no fetch sessions', () =>
      withoutSessions(
        () => kafka,
        () => open('n'),
      ));

    it('connections that live longer than what they authenticated for: nothing is lost or doubled, and they are not made anew again and again', {
      timeout: 120_000,
    }, async () => {
      const before = connections;
      const from = performance.now();
      await until(
        'two lifetimes are over, one of them with nothing else going on',
        () => performance.now() > Math.max(began + 2 * LIFETIME, from + LIFETIME) + 2_000,
        60_000,
      );
      const made = connections - before;
      await traffic.flows(20, 20_000);
      const counted = (attribute: string): Promise<number> =>
        kafka.metric(0, 'kafka.server:type=socket-server-metrics,listener=SECURE,networkProcessor=*', attribute);
      const [again, cut] = [await counted('successful-reauthentication-total'), await counted('expired-connections-killed-count')];
      await traffic.stop(20_000);
      process.stderr.write(
        `${again} authentications again, ${cut} connections cut off, ${made} made anew in a lifetime; longest stall ${Math.max(...traffic.stalls)} ms\n`,
      );
      expect(again).toBeGreaterThan(0);
      expect(cut).toBe(0); // nobody sends a request on a connection that is over
      expect(made).toBeLessThanOrEqual(FEW);
      expect(Math.max(...traffic.stalls)).toBeLessThan(10_000);
      for (const { ambiguous } of traffic.writers) expect(ambiguous).toBe(0);
    });
  },
  { own: true },
);
