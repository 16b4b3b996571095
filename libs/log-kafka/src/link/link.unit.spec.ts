import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { ManualClock } from '@clatter/memory';
import { describe, expect, it } from 'vitest';
import { Reader } from '../wire/bytes.ts';
import { ANSWER_BYTES, Link, Unanswered, Unsent } from './link.ts';

/** A socket whose other end is the test. */
class TestSocket extends EventEmitter {
  readonly written: Buffer[] = [];
  destroyed = false;
  write(bytes: Buffer): void {
    this.written.push(bytes);
  }
  destroy(): void {
    this.destroyed = true;
  }
}
const API = { apiKey: 18, version: 0, apiName: 'Test' };
const answerTo = (correlation: number, text: string): Buffer => {
  const body = Buffer.from(text);
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + body.length, 0);
  head.writeInt32BE(correlation, 4);
  return Buffer.concat([head, body]);
};

const setUp = () => {
  const socket = new TestSocket();
  const clock = new ManualClock();
  const link = new Link(socket as unknown as Socket, clock, 'test');
  const ask = (): Promise<string | Error> =>
    link
      .request(API, { guess: 8, withinMs: 1_000 }, (to) => to.string('body'))
      .then(
        (body) => body.toString(),
        (error: Error) => error,
      );
  return { socket, clock, link, ask };
};

describe('a link to a broker', () => {
  it('writes a request at once, and gives each its answer in their order, in whatever pieces they come', async () => {
    const { socket, ask } = setUp();
    const asked = [ask(), ask(), ask()];
    expect(socket.written).toHaveLength(3);
    const head = new Reader(socket.written[1] as Buffer);
    expect([head.int32(), head.int16(), head.int16(), head.int32(), head.string(), head.string()]).toEqual([20, 18, 0, 1, 'test', 'body']);
    const bytes = Buffer.concat(['a', 'bc', ''].map((text, i) => answerTo(i, text)));
    for (const byte of bytes.subarray(0, 14)) socket.emit('data', Buffer.of(byte));
    socket.emit('data', bytes.subarray(14));
    expect(await Promise.all(asked)).toEqual(['a', 'bc', '']);
  });

  it.each([
    ['the broker closes it', (s: TestSocket) => s.emit('end')],
    ['the connection is reset', (s: TestSocket) => s.emit('error', new Error('reset'))],
    ['an answer comes that nobody asked for', (s: TestSocket) => s.emit('data', answerTo(7, ''))],
    ['a size comes that no answer has', (s: TestSocket) => s.emit('data', Buffer.from([0x7f, 0, 0, 0]))],
    ['a size below that of a head', (s: TestSocket) => s.emit('data', Buffer.from([0, 0, 0, 3, 0, 0, 0]))],
  ])('%s: all that waits ends as unanswered, and the next request is surely not sent', async (_name, happen) => {
    const { socket, link, ask } = setUp();
    const asked = [ask(), ask()];
    happen(socket);
    for (const one of await Promise.all(asked)) expect(one).toBeInstanceOf(Unanswered);
    expect([link.open, socket.destroyed]).toEqual([false, true]);
    expect(await ask()).toBeInstanceOf(Unsent);
    expect(socket.written).toHaveLength(2);
  });

  it('an answer that does not come in time ends the link, since all others would come later still', async () => {
    const { socket, clock, link, ask } = setUp();
    const first = ask();
    await clock.advance(600);
    const second = ask();
    await clock.advance(400);
    expect(await first).toMatchObject({ message: 'no answer to Test within 1000 ms' });
    expect(await second).toBeInstanceOf(Unanswered);
    socket.emit('data', answerTo(0, 'late'));
    expect(link.open).toBe(false);
  });

  it('limit kafka.answerBytes: an answer that would be larger ends the link before a byte of it is kept', async () => {
    const { socket, link, ask } = setUp();
    const asked = ask();
    const size = Buffer.alloc(4);
    size.writeInt32BE(ANSWER_BYTES + 1);
    socket.emit('data', size);
    expect([link.open, await asked]).toEqual([false, new Unanswered(`an answer of ${ANSWER_BYTES + 1} bytes`)]);
  });

  it('one that is retired answers what was asked, takes nothing new, and is closed then', async () => {
    const { socket, link, ask } = setUp();
    const asked = ask();
    link.retire();
    expect([link.open, socket.destroyed]).toEqual([false, false]);
    socket.emit('data', answerTo(0, 'yes'));
    expect(await asked).toBe('yes');
    expect(socket.destroyed).toBe(true);
  });
});
