import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';
import { feedWsListener } from './listener.ws.ts';

it('who is refused and resets the connection ends nothing else', async () => {
  const listener = feedWsListener({ port: 0, host: '127.0.0.1', credential: 'secret' });
  await listener.start();
  const errors: unknown[] = [];
  const onError = (error: unknown): void => void errors.push(error);
  process.on('uncaughtException', onError);
  for (let i = 0; i < 20; i++) {
    const socket = connect(listener.address(), '127.0.0.1').on('error', () => {});
    await once(socket, 'connect');
    socket.write('GET /feed/messaging HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    if (i % 2) socket.once('data', () => socket.resetAndDestroy());
    else setImmediate(() => socket.resetAndDestroy());
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  process.off('uncaughtException', onError);
  await listener.stop();
  expect(errors).toEqual([]);
});
