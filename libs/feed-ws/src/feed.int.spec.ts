import type { Ids } from '@clatter/ports';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FEED_LIMITS } from './connection.ws.ts';
import { feedWsDialer } from './dialer.ws.ts';
import { feedWsListener } from './listener.ws.ts';

const ids: Ids = { random: () => 0, uuid7: () => '', name: () => '' };
const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 500 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).toBe(true);
};
let stop = async (): Promise<void> => {};
afterEach(() => stop());

it('carries messages in order in both directions, and both sides hear of the end', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  const heard: unknown[] = [];
  let ended = '';
  await listener.listen('messaging', (feed) => {
    feed.open({
      message: (message) => {
        heard.push(message);
        feed.send({ t: 'applied', n: heard.length });
      },
      closed: (why) => {
        ended = why;
      },
    });
  });
  const dialer = feedWsDialer({ routers: { messaging: [`ws://127.0.0.1:1`, `ws://127.0.0.1:${listener.address()}`] }, credential: 'secret', ids });
  const feed = await dialer.dial('messaging');
  const answers: unknown[] = [];
  feed.open({ message: (message) => answers.push(message), closed: () => {} });
  for (let n = 0; n < 100; n++) feed.send({ t: 'subscribe', n });
  await until(() => answers.length === 100);
  expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => ({ t: 'subscribe', n })));
  expect(answers).toEqual(Array.from({ length: 100 }, (_, n) => ({ t: 'applied', n: n + 1 })));
  feed.close('enough');
  await until(() => ended === 'enough');
});

/** What one turn sends: every message of 8 partitions is a frame of its own where nothing is gathered. */
const ofOneTurn = Array.from({ length: 8 }, (_, n) => ({ t: 'soft', topic: `t${n}`, records: [] }) as const);

it('what a router sends in one turn is one frame on the wire, in order; a message alone is no array', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  await listener.listen('messaging', (feed) => {
    const message = (): void => {
      for (const one of ofOneTurn) feed.send(one);
      setImmediate(() => feed.send({ t: 'applied', n: 1 }));
    };
    feed.open({ message, closed: () => {} });
  });
  const frames: unknown[] = [];
  const ws = new WebSocket(`ws://127.0.0.1:${listener.address()}/feed/messaging`, { headers: { authorization: 'Bearer secret' } });
  ws.on('open', () => ws.send(JSON.stringify({ t: 'subscribe', n: 1 })));
  ws.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString())));
  await until(() => frames.length === 2);
  expect(frames).toEqual([ofOneTurn, { t: 'applied', n: 1 }]);
});

it('what was sent in the turn of a close arrives before the end; who closes hears nothing more, not even of the same frame', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  let ended = '';
  await listener.listen('messaging', (feed) => {
    feed.open({
      message: ({ n }) => {
        for (const one of ofOneTurn) feed.send(one);
        if (n === 2) feed.close('enough');
      },
      closed: (why) => {
        ended ||= why;
      },
    });
  });
  const dialer = feedWsDialer({ routers: { messaging: [`ws://127.0.0.1:${listener.address()}`] }, credential: 'secret', ids });
  const heard = async (n: number, most: number): Promise<unknown[]> => {
    const feed = await dialer.dial('messaging');
    const got: unknown[] = [];
    let over = '';
    feed.open({
      message: (message) => {
        if (got.push(message) === most) feed.close('no more');
      },
      closed: (why) => {
        over = why;
      },
    });
    feed.send({ t: 'subscribe', n });
    await until(() => over !== '' && ended !== '');
    return [over, ...got];
  };
  expect(await heard(2, 100)).toEqual(['enough', ...ofOneTurn]);
  ended = '';
  expect(await heard(1, 3)).toEqual(['no more', ...ofOneTurn.slice(0, 3)]);
  expect(ended).toBe('no more');
});

it('refuses a wrong credential and a service that is not there', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  await listener.listen('messaging', () => {});
  const url = `ws://127.0.0.1:${listener.address()}`;
  await expect(feedWsDialer({ routers: { messaging: [url] }, credential: 'wrong', ids }).dial('messaging')).rejects.toThrow('no router');
  await expect(feedWsDialer({ routers: { auth: [url] }, credential: 'secret', ids }).dial('auth')).rejects.toThrow('no router');
});

it.each([
  ['feed.fromEdge', 'an edge'],
  ['feed.toEdge', 'a router'],
])('limits feed.fromEdge, feed.toEdge: (%s) a frame of %s beyond the limit ends the feed, on both sides', async (which) => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  const ended: string[] = [];
  const large = (bytes: number) => ({ t: 'subscribe', n: 1, add: ['x'.repeat(bytes)] }) as const;
  await listener.listen('messaging', (feed) => {
    feed.open({ message: () => {}, closed: () => ended.push('router') });
    if (which === 'feed.toEdge') feed.send({ t: 'soft', topic: 'x'.repeat(FEED_LIMITS.toEdge.value), records: [] });
  });
  const feed = await feedWsDialer({ routers: { messaging: [`ws://127.0.0.1:${listener.address()}`] }, credential: 'secret', ids }).dial('messaging');
  feed.open({ message: () => {}, closed: () => ended.push('edge') });
  if (which === 'feed.fromEdge') feed.send(large(FEED_LIMITS.fromEdge.value));
  await until(() => ended.length === 2);
});

it('limit feed.unwritten: a stream that is not read says that it is full, and when it takes more again', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  stop = () => listener.stop();
  let sent = 0;
  let drained = false;
  await listener.listen('messaging', (feed) => {
    feed.open({ message: () => {}, closed: () => {}, drained: () => (drained = true) });
    do sent++;
    while (feed.send({ t: 'soft', topic: 'x'.repeat(64 * 1024), records: [] }) && sent < 10_000);
  });
  const feed = await feedWsDialer({ routers: { messaging: [`ws://127.0.0.1:${listener.address()}`] }, credential: 'secret', ids }).dial('messaging');
  let got = 0;
  feed.open({ message: () => got++, closed: () => {} });
  expect(sent * 64 * 1024).toBeGreaterThan(FEED_LIMITS.unwritten.value);
  expect(sent * 64 * 1024).toBeLessThan(FEED_LIMITS.unwritten.value * 2);
  await until(() => drained && got === sent);
});
