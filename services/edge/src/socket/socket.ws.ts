import type { Socket } from 'node:net';
import type { WebSocket } from '@fastify/websocket';
import type { ClientSocket, OutFrame } from './socket.ts';

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

const bytesOf = (frame: OutFrame): Uint8Array => {
  frame.bytes ??= wireOf(frame.text);
  return frame.bytes;
};

/**
 * A `ws` connection and the TCP socket under it. Frames go to the latter as they are: nothing is compressed or masked, so `ws` would
 * only build the same header again for each of a thousand sockets.
 */
class NetworkSocket implements ClientSocket {
  readonly #ws: WebSocket;
  readonly #tcp: Socket;

  constructor(ws: WebSocket, tcp: Socket) {
    this.#ws = ws;
    this.#tcp = tcp;
  }

  send(frames: readonly OutFrame[]): void {
    if (this.#ws.readyState !== this.#ws.OPEN) return;
    const [first, second] = frames;
    if (!first) return;
    // a copy costs less than a write of several buffers
    this.#tcp.write(second ? Buffer.concat(frames.map(bytesOf)) : bytesOf(first));
  }
  buffered(): number {
    return this.#ws.bufferedAmount;
  }
  close(code: number, reason: string): void {
    this.#ws.close(code, reason);
    setTimeout(() => this.#ws.terminate(), CLOSE_WITHIN).unref();
  }
}

export const networkSocket = (ws: WebSocket, tcp: Socket): ClientSocket => new NetworkSocket(ws, tcp);
