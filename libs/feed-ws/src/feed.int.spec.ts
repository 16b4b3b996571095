import type { Ids } from '@clatter/ports';
import { afterEach, expect, it } from 'vitest';
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
