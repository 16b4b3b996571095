import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { networkSocket } from '../../services/edge/src/socket/socket.ws.ts';

it('frames of every length arrive whole and in order, alone and together, and a close comes behind them', async () => {
  // around the three sizes of a frame's header (RFC 6455 §5.2), with characters of more than one byte
  const texts = [0, 1, 124, 125, 126, 127, 65_534, 65_535, 65_536, 200_000].map((size) => 'x'.repeat(size)).concat('ä€😀'.repeat(50));
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  server.on('connection', (ws, request) => {
    const socket = networkSocket(ws, request.socket);
    const frames = texts.map((text) => ({ text }));
    for (const frame of frames) socket.send([frame]);
    socket.send(frames);
    socket.close(4001, 'drain');
  });
  const got: string[] = [];
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.addEventListener('message', ({ data }) => got.push(String(data)));
  const code = await new Promise<number>((resolve) => client.addEventListener('close', (event) => resolve(event.code)));
  expect(code).toBe(4001);
  expect(got.map((text) => text.length)).toEqual([...texts, ...texts].map((text) => text.length));
  expect(got).toEqual([...texts, ...texts]);
  server.close();
});
