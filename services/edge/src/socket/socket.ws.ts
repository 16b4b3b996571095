import type { Socket } from 'node:net';
import type { WebSocket } from '@fastify/websocket';
import type { ClientSocket, OutFrame } from './socket.ts';

/** ms that a closing handshake may take */
export const CLOSE_WITHIN = 2_000;
const TEXT = { binary: false, compress: false } as const;

const bytesOf = (frame: OutFrame): Uint8Array => {
  frame.bytes ??= Buffer.from(frame.text, 'utf8');
  return frame.bytes;
};

/** A `ws` connection and the TCP socket under it: what is corked leaves in one write. */
export const networkSocket = (ws: WebSocket, tcp: Socket): ClientSocket => ({
  send: (frame) => {
    if (ws.readyState === ws.OPEN) ws.send(bytesOf(frame), TEXT);
  },
  buffered: () => ws.bufferedAmount,
  cork: () => tcp.cork(),
  uncork: () => tcp.uncork(),
  close: (code, reason) => {
    ws.close(code, reason);
    setTimeout(() => ws.terminate(), CLOSE_WITHIN).unref();
  },
});
