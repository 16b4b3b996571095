import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { WsFeed } from './connection.ws.ts';

class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  reason = '';
  send(): void {}
  ping(): void {}
  close(_code: number, reason: string): void {
    if (Buffer.byteLength(reason) > 123) throw new RangeError('The message must not be greater than 123 bytes');
    this.reason = reason;
  }
  terminate(): void {
    this.readyState = 3;
    this.emit('close', 1006, '');
  }
}
type Message = { readonly n: number };
const setUp = () => {
  const socket = new Socket();
  return { socket, feed: new WsFeed<Message, Message>(socket as unknown as WebSocket), say: (text: string) => socket.emit('message', Buffer.from(text)) };
};

it.each(['{', '', 'null', '7', '"x"', '[null]', '[[{"n":1}]]', '\u0000'])('junk (%j) ends the connection, not the process', (junk) => {
  const { feed, say } = setUp();
  const heard: unknown[] = [];
  const ends: string[] = [];
  feed.open({ message: (message) => heard.push(message), closed: (why) => ends.push(why) });
  say('{"n":1}');
  say(junk);
  say('{"n":2}');
  expect(heard).toEqual([{ n: 1 }]);
  expect(ends).toHaveLength(1);
});

it('closed is told once, and no message after it, also where one that came early ends it', () => {
  const { feed, say, socket } = setUp();
  say('[{"n":1},{"n":2}]');
  const told: unknown[] = [];
  const message = ({ n }: Message): void => {
    told.push(n);
    feed.close('enough');
  };
  feed.open({ message, closed: (why) => told.push(why) });
  expect(told).toEqual([1, 'enough']);
  socket.terminate();
});

it('a reason of any letters can be told', () => {
  const { feed, socket } = setUp();
  feed.close('ü€'.repeat(100));
  expect(Buffer.byteLength(socket.reason)).toBeGreaterThan(100);
  socket.terminate();
});
