import { request } from '@clatter/client';
import { directId } from '@clatter/kernel';
import { rawSocket } from '@clatter/testing';
import { expect, it } from 'vitest';
import { allTexts, connect, numbered, type Place, person, texts, until, uuid7 } from './harness.ts';
import { Wire } from './wire.ts';

/** Connections break, are slow, and come back. */
export const connectionStories = (place: Place): void => {
  const url = place.url;
  const first = (): string => place.edges()[0] as string;
  const last = (): string => place.edges().at(-1) as string;

  it('offline and back on another edge: what was missed arrives, and nothing else', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben', { by: new Wire(first()).connect });
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'm0');
    await until('ben holds the first, with a cursor behind it', () => ben.storage.loadState()?.state.get(conversation)?.messages.size === 1);
    ben.client.close();
    const all = numbered(30);
    for (const text of all.slice(1)) await anna.client.send({ direct: ben.user }, text);
    const again = connect(url(), ben.tokens, ben.storage, { by: new Wire(last()).connect });
    const missed: string[] = [];
    again.on('message', ({ message }) => missed.push(message.text));
    expect(await allTexts(again, conversation, 30)).toEqual(all);
    expect(missed).toEqual(all.slice(1));
    again.close();
    anna.client.close();
  });

  it('the same ref again over HTTP gets the first answer, marked duplicate, and acts once', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const body = { ref: uuid7(), name: 'message.send', data: { direct: ben.user, kind: 'text', text: 'once' } };
    const token = await anna.tokens.get(false);
    const answer = await request<{ data: object }>(`${url()}/v1/commands`, { method: 'POST', token, body });
    const second = await request<{ data: object; duplicate?: boolean }>(`${url()}/v1/commands`, { method: 'POST', token, body });
    expect(second).toEqual({ ...answer, duplicate: true });
    await until('ben has it', () => texts(ben.client, directId(anna.user, ben.user)).length > 0);
    expect(texts(ben.client, directId(anna.user, ben.user))).toEqual(['once']);
    for (const { client } of [anna, ben]) client.close();
  });

  it('an answer is lost with its socket: the same ref again gets that answer, marked duplicate, and acts once', async () => {
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben');
    const conversation = directId(anna.user, ben.user);
    const token = await anna.tokens.get(false);
    const command = { type: 'command', ref: uuid7(), name: 'message.send', data: { direct: ben.user, kind: 'text', text: 'once' } } as const;
    const lost = await rawSocket(first());
    await lost.hello(token, 'phone');
    lost.pause();
    await lost.send(command);
    await until('it acted', () => texts(ben.client, conversation).length > 0);
    lost.cut();
    expect(lost.frames.map(({ type }) => type)).toEqual(['welcome']);

    const back = await rawSocket(last());
    await back.hello(token, 'phone');
    await back.send(command);
    const ok = await back.next((frame) => frame.type === 'ok');
    expect(ok).toMatchObject({ ref: command.ref, duplicate: true, data: { conversation, number: 1 } });
    await ben.client.send({ conversation }, 'got it');
    expect(await allTexts(ben.client, conversation, 2)).toEqual(['once', 'got it']);
    back.cut();
    for (const { client } of [anna, ben]) client.close();
  });

  it('the connection breaks before every answer of the first five commands: the client sends them again by itself, each acts once', async () => {
    const wire = new Wire(first());
    const anna = await person(url(), 'anna', { by: wire.connect });
    const ben = await person(url(), 'ben');
    const broken = new Set<string>();
    wire.breaksBefore = (frame) => {
      if (frame.type !== 'ok' || broken.size === 5 || broken.has(frame.ref)) return false;
      broken.add(frame.ref);
      return true;
    };
    const all = numbered(10);
    const numbers = await Promise.all(all.map(async (text) => (await anna.client.send({ direct: ben.user }, text)).number));
    expect(wire.opened).toBeGreaterThan(1);
    expect(numbers).toEqual(all.map((_, i) => i + 1));
    for (const { client } of [anna, ben]) {
      expect(await allTexts(client, directId(anna.user, ben.user), 10)).toEqual(all);
      client.close();
    }
  });

  it('many large messages unanswered when the connection breaks: all get through after it', async () => {
    const wire = new Wire(first());
    const anna = await person(url(), 'anna', { by: wire.connect });
    const ben = await person(url(), 'ben');
    const all = numbered(32).map((text) => `${text} ${'x'.repeat(15_000)}`);
    wire.loses = ({ type }) => type === 'command';
    const sending = Promise.all(all.map((text) => anna.client.send({ direct: ben.user }, text)));
    await until('all were sent in vain', () => wire.sent.filter(({ type }) => type === 'command').length === all.length);
    wire.loses = () => false;
    anna.client.reconnect();
    await sending;
    expect((await allTexts(ben.client, directId(anna.user, ben.user), all.length)).map(head)).toEqual(all.map(head));
    for (const { client } of [anna, ben]) client.close();
  });

  it('a slow reader: closed 4008, then it comes back by sync with everything', { timeout: 90_000 }, async () => {
    const wire = new Wire(first());
    const anna = await person(url(), 'anna');
    const ben = await person(url(), 'ben', { by: wire.connect });
    const conversation = directId(anna.user, ben.user);
    await anna.client.send({ direct: ben.user }, 'm0');
    await until('ben has the first', () => texts(ben.client, conversation).length === 1 && ben.client.settled);
    const slow = async (): Promise<number> => Number(/^clatter_edge_slow_consumers_total (\d+)/m.exec(await place.metrics())?.[1] ?? 0);
    const before = await slow();
    wire.pause();
    const all = ['m0'];
    const filler = 'x'.repeat(16_000);
    const sending: Promise<unknown>[] = [];
    await until(
      'the edge closed him',
      async () => {
        for (let i = 0; i < 20; i++) {
          all.push(`m${all.length} ${filler}`);
          sending.push(anna.client.send({ conversation }, all.at(-1) as string));
        }
        await Promise.all(sending);
        return (await slow()) > before;
      },
      60_000,
    );
    wire.resume();
    // the rate limit may have put some of them off
    expect((await allTexts(ben.client, conversation, all.length, 60_000)).map(head).sort()).toEqual(all.map(head).sort());
    expect([wire.opened, wire.closes]).toEqual([2, [4008]]);
    for (const { client } of [anna, ben]) client.close();
  });
};

const head = (text: string): string => text.split(' ')[0] as string;
