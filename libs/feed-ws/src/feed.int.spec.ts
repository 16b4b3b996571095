import type { Ids } from '@clatter/ports';
import { afterEach, expect, it } from 'vitest';
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
