import type { ClientFrame, PresenceFrame, ServerFrame } from '@clatter/contract';
import { expect, it } from 'vitest';
import { Client } from './client.ts';
import { memoryStorage } from './outbox/storage.ts';
import type { SocketHandlers, Transport } from './transport.ts';

/** A client whose server is played by hand. */
const open = () => {
  const sent: ClientFrame[] = [];
  let socket: SocketHandlers | undefined;
  const timers = new Set<{ readonly run: () => void }>();
  const transport: Transport = {
    connect: (handlers) => {
      socket = handlers;
      return {
        send: (text) => {
          const content = JSON.parse(text) as ClientFrame | ClientFrame[];
          sent.push(...(Array.isArray(content) ? content : [content]));
        },
        close: () => {},
      };
    },
    sync: async () => ({ conversations: [], cursor: '1.log.messaging.events=0;messaging.marks=0' }),
    messages: async () => ({ messages: [] }),
  };
  const clock = {
    now: () => 0,
    after: (_: number, run: () => void) => {
      const timer = { run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const client = new Client({ transport, storage: memoryStorage(), tokens: { get: async () => 't' }, clock, random: () => 0 });
  client.start();
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  const hear = (frame: ServerFrame): void => socket?.message(JSON.stringify(frame));
  return {
    client,
    hear,
    /** frames about presence since the last call */
    said: (): ClientFrame[] => sent.splice(0).filter(({ type }) => type === 'watch' || type === 'active'),
    connect: async (): Promise<void> => {
      await turn();
      socket?.open();
      hear({
        type: 'welcome',
        session: 's',
        user: 'anna',
        cursor: '1.log.messaging.events=0;messaging.marks=0',
        now: 0,
        heartbeat: 25_000,
        limits: { frame: 65_536, inFlight: 32, refSpan: 64 },
        expires: 1e15,
      });
      await turn();
    },
    /** the connection breaks, and the client tries again */
    lose: async (): Promise<void> => {
      socket?.closed(1006, '');
      for (const timer of [...timers]) {
        timers.delete(timer);
        timer.run();
      }
      await turn();
    },
  };
};
const presence = (user: string, status: PresenceFrame['status'], lastSeen?: number): PresenceFrame => ({
  type: 'presence',
  user,
  status,
  ...(lastSeen === undefined ? {} : { lastSeen }),
});

it('what was watched before there was a connection is watched once there is one', async () => {
  const bed = open();
  bed.client.watch({ users: ['ben'] });
  expect(bed.said()).toEqual([]);
  await bed.connect();
  expect(bed.said()).toEqual([{ type: 'watch', users: ['ben'] }]);
  bed.client.close();
});

it('after a reconnect the newest wish is said again, and that one is away', async () => {
  const bed = open();
  await bed.connect();
  bed.client.watch({ users: ['ben'] });
  bed.client.watch({ conversation: 'g' });
  bed.client.active(false);
  bed.said();
  await bed.lose();
  await bed.connect();
  expect(bed.said()).toEqual([
    { type: 'watch', conversation: 'g' },
    { type: 'active', on: false },
  ]);
  bed.client.active(true);
  bed.said();
  await bed.lose();
  await bed.connect();
  expect(bed.said()).toEqual([{ type: 'watch', conversation: 'g' }]);
  bed.client.close();
});

it('tells what it hears, and knows it until the connection or the wish is another', async () => {
  const bed = open();
  await bed.connect();
  const told: PresenceFrame[] = [];
  bed.client.on('presence', (frame) => told.push(frame));
  bed.client.watch({ users: ['ben'] });
  bed.hear(presence('ben', 'offline', 7));
  bed.hear(presence('ben', 'online'));
  expect(told.map(({ status }) => status)).toEqual(['offline', 'online']);
  expect([...bed.client.presence.values()]).toEqual([{ user: 'ben', status: 'online' }]);
  await bed.lose();
  expect(bed.client.presence.size).toBe(0);
  bed.client.close();
});
