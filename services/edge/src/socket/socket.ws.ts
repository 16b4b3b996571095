import type { Socket } from 'node:net';
import type { WebSocket } from '@fastify/websocket';
import type { ClientSocket } from './socket.ts';

/** ms that a closing handshake may take */
export const CLOSE_WITHIN = 2_000;
const FINAL_TEXT = 0x81;

/** One unmasked text frame, header and payload (RFC 6455 §5.2): made once for all sockets it goes to. */
const wireOf = (text: string): Buffer => {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 2 : size < 65_536 ? 4 : 10;
  const wire = Buffer.allocUnsafe(head + size);
  wire[0] = FINAL_TEXT;
  wire[1] = head === 2 ? size : head === 4 ? 126 : 127;
  if (head === 4) wire.writeUInt16BE(size, 2);
  if (head === 10) wire.writeBigUInt64BE(BigInt(size), 2);
  wire.write(text, head);
  return wire;
};

/**
 * A `ws` connection and the TCP socket under it. Frames go to the latter as they are: nothing is compressed or masked, so `ws` would
 * only build the same header again for each of a thousand sockets. What is corked leaves in one write.
 */
export const networkSocket = (ws: WebSocket, tcp: Socket): ClientSocket => ({
  send: (frame) => {
    frame.bytes ??= wireOf(frame.text);
    if (ws.readyState === ws.OPEN) tcp.write(frame.bytes);
  },
  buffered: () => ws.bufferedAmount,
  cork: () => tcp.cork(),
  uncork: () => tcp.uncork(),
  close: (code, reason) => {
    ws.close(code, reason);
    setTimeout(() => ws.terminate(), CLOSE_WITHIN).unref();
  },
});
