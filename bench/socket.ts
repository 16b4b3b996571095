import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

/** A WebSocket as light as it can be: the load shares its cores with the servers. Frames of a server are not masked, and never compressed here. */
export type LightSocket = { send(text: string): void; close(): void };
export type OnFrame = (bytes: Buffer, from: number, to: number) => void;

const EMPTY = Buffer.alloc(0);
/** every socket reads into it: what is read is used before the next one reads */
const READ = Buffer.alloc(64 * 1_024);
const TEXT = 0x81;
const CLOSE = 0x8;
const PING = 0x9;

/** Opens a WebSocket by hand (RFC 6455). `frame` is told where in `bytes` the payload of each text frame stands. */
export const openSocket = (url: string, frame: OnFrame, closed: (why: string) => void): Promise<LightSocket> =>
  new Promise((resolve, reject) => {
    const { hostname, port, pathname } = new URL(url);
    let open = false;
    let rest: Buffer = EMPTY;
    const take = (length: number): boolean => {
      const fresh = READ.subarray(0, length);
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      let at = 0;
      if (!open) {
        const end = bytes.indexOf('\r\n\r\n');
        if (end >= 0 && !bytes.subarray(0, 16).includes(' 101 ')) tcp.destroy(new Error(`no upgrade: ${bytes.subarray(0, end)}`));
        else if (end >= 0) {
          open = true;
          at = end + 4;
          resolve({ send: (text) => void tcp.write(masked(text)), close: () => void tcp.destroy() });
        }
      }
      if (open) at = readFrames(bytes, at, tcp, frame, closed);
      rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : EMPTY;
      return true;
    };
    const tcp = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer: READ, callback: take } });
    tcp.on('connect', () => tcp.write(upgrade(`${hostname}:${port}`, pathname)));
    tcp.on('error', (error) => reject(error));
    tcp.on('close', () => closed('the connection ended'));
  });

/** Every whole frame from `at` on; answers where the first one begins that is not whole. */
const readFrames = (bytes: Buffer, from: number, tcp: Socket, frame: OnFrame, closed: (why: string) => void): number => {
  let at = from;
  for (;;) {
    if (bytes.length - at < 2) return at;
    let size = (bytes[at + 1] as number) & 0x7f;
    let head = 2;
    if (size === 126) {
      if (bytes.length - at < 4) return at;
      size = bytes.readUInt16BE(at + 2);
      head = 4;
    } else if (size === 127) {
      if (bytes.length - at < 10) return at;
      size = Number(bytes.readBigUInt64BE(at + 2));
      head = 10;
    }
    const end = at + head + size;
    if (end > bytes.length) return at;
    const opcode = (bytes[at] as number) & 0xf;
    if (opcode === 1) frame(bytes, at + head, end);
    else if (opcode === PING) tcp.write(Buffer.from([0x8a, 0x80, 0, 0, 0, 0]));
    else if (opcode === CLOSE) closed(`closed ${size >= 2 ? bytes.readUInt16BE(at + head) : ''} ${bytes.subarray(at + head + 2, end)}`);
    at = end;
  }
};

/** With a mask of zeros, which the protocol allows: the payload stays as it is. */
const masked = (text: string): Buffer => {
  const size = Buffer.byteLength(text);
  const head = size < 126 ? 2 : 4;
  const out = Buffer.allocUnsafe(head + 4 + size);
  out[0] = TEXT;
  out[1] = 0x80 | Math.min(size, 126);
  if (size >= 126) out.writeUInt16BE(size, 2);
  out.writeUInt32BE(0, head);
  out.write(text, head + 4);
  return out;
};

const upgrade = (host: string, path: string): string =>
  [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: clatter.v1',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    '\r\n',
  ].join('\r\n');
