import { directId } from '@clatter/kernel';
import type { EdgeFeed } from '@clatter/ports';
import { jsonLog, loadConfig, startAll, stopAll } from '@clatter/runtime';
import { expect, it } from 'vitest';
import { compose } from '../../apps/standalone/src/compose.ts';
import { standaloneConfig } from '../../apps/standalone/src/config.ts';
import { allTexts, dataFolder, numbered, person, SETTINGS, startEmbedded, until } from './harness.ts';
import { Wire } from './wire.ts';

/** What may happen to the one process of the embedded mode while people talk. */
export const embeddedFaultStories = (): void => {
  it('killed and started again: nothing acknowledged is lost, clients go on by themselves', { timeout: 60_000 }, async () => {
    const own = dataFolder();
    let server = await startEmbedded({ CLATTER_DATA: own.path });
    const port = new URL(server.url).port;
    const anna = await person(server.url, 'anna');
    const ben = await person(server.url, 'ben');
    const all = numbered(60);
    let acknowledged = 0;
    const sending = (async () => {
      for (const text of all) {
        await anna.client.send({ direct: ben.user }, text);
        acknowledged++;
      }
    })();
    await until('some are acknowledged', () => acknowledged >= 20);
    await server.kill('SIGKILL');
    server = await startEmbedded({ CLATTER_DATA: own.path, CLATTER_PORT: port });
    await sending;
    for (const { client } of [anna, ben]) {
      expect(await allTexts(client, directId(anna.user, ben.user), 60)).toEqual(all);
      client.close();
    }
    await server.kill();
    own.remove();
  });

  it('the feed between router and edge is cut again and again: sockets stay open, nothing is lost, doubled or out of order', async () => {
    const own = dataFolder();
    const feeds: EdgeFeed[] = [];
    const config = loadConfig(standaloneConfig, { ...SETTINGS, CLATTER_PORT: '0', CLATTER_DATA: own.path, CLATTER_DRAIN_MS: '0' });
    const clatter = await compose(config, jsonLog('error'), {
      through: (dialer) => ({
        dial: async (service) => {
          const feed = await dialer.dial(service);
          feeds.push(feed);
          return feed;
        },
      }),
    });
    await startAll(clatter.parts, jsonLog('error'));
    await until('it is ready', () => clatter.parts.every((part) => part.notReady?.() === undefined));
    const wires = [new Wire(clatter.url()), new Wire(clatter.url())] as const;
    const anna = await person(clatter.url(), 'anna', { by: wires[0].connect });
    const ben = await person(clatter.url(), 'ben', { by: wires[1].connect });
    const all = numbered(90);
    const seen: string[] = [];
    ben.client.on('message', ({ message, missed }) => seen.push(missed ? `missed ${message.text}` : message.text));
    await anna.client.send({ direct: ben.user }, 'm0');
    await until('ben holds the conversation', () => seen.length === 1 && ben.client.settled);
    for (const [i, text] of all.slice(1).entries()) {
      const answered = anna.client.send({ direct: ben.user }, text);
      if (i % 15 === 14) for (const feed of feeds.splice(0)) feed.close('cut');
      await answered;
    }
    await until('ben saw the newest', () => seen.at(-1) === 'm89');
    expect(seen).toEqual(['missed m0', ...all.slice(1)]); // live, but for what comes with a new conversation
    expect(wires.map(({ opened, closes }) => [opened, closes])).toEqual([
      [1, []],
      [1, []],
    ]);
    for (const { client } of [anna, ben]) client.close();
    await stopAll(clatter.parts, jsonLog('error'));
    own.remove();
  });
};
