import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { FEED_LIMITS, WsFeed } from './connection.ws.ts';

const MIB = 1024 * 1024;
const HIGH = FEED_LIMITS.unwritten.value;

/** A socket to nobody: what is written stays in its buffer until it is `taken`. */
class Socket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  bufferedAmount = 0;
  readonly frames: string[] = [];
  readonly #written: (() => void)[] = [];

  send(frame: string, written: () => void): void {
    this.frames.push(frame);
    this.bufferedAmount += frame.length;
    this.#written.push(written);
  }

  /** The peer reads until so many bytes are left. */
  taken(left: number): void {
    this.bufferedAmount = left;
    for (const written of this.#written.splice(0)) written();
  }

  ping(): void {}
  terminate(): void {
    this.emit('close', 1006, '');
  }
}

const open = () => {
  const socket = new Socket();
  const feed = new WsFeed<string, never>(socket as unknown as WebSocket);
  let drained = 0;
  feed.open({ message: () => {}, closed: () => {}, drained: () => drained++ });
  return { socket, feed, drained: () => drained, done: () => void socket.terminate() };
};
const large = 'x'.repeat(MIB / 2);
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('limit feed.unwritten: what is being gathered counts, so that one turn is told of a full connection too', async () => {
  const { socket, feed, drained, done } = open();
  let sent = 1;
  while (feed.send(large)) sent++;
  expect(sent * large.length).toBeGreaterThan(HIGH - 2 * large.length);
  expect(sent * large.length).toBeLessThan(HIGH + large.length);
  await nextTurn();
  expect(socket.frames.flatMap((frame) => JSON.parse(frame))).toHaveLength(sent); // what was taken is sent
  socket.taken(MIB + 1);
  expect(drained()).toBe(0);
  feed.send('y');
  await nextTurn();
  socket.taken(MIB);
  expect(drained()).toBe(1);
  expect(feed.send('z')).toBe(true);
  done();
});

it('who was told that it is full hears of it when it has drained, also where something had to be sent between', async () => {
  const { socket, feed, drained, done } = open();
  while (feed.send(large));
  await nextTurn();
  socket.taken(2 * MIB); // neither full any more nor drained
  expect(feed.send('applied')).toBe(false);
  await nextTurn();
  expect(drained()).toBe(0);
  socket.taken(0);
  expect(drained()).toBe(1);
  done();
});

it('what is gathered when the connection is lost is dropped', async () => {
  const { socket, feed } = open();
  feed.send('x');
  socket.terminate();
  feed.send('y');
  await nextTurn();
  expect(socket.frames).toEqual([]);
});
