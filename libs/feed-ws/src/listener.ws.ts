import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { ServiceName } from '@clatter/contract';
import type { FeedListener, Part, RouterFeed } from '@clatter/ports';
import { WebSocketServer } from 'ws';
import { FEED_LIMITS, WsFeed } from './connection.ws.ts';

export type ListenerOptions = { readonly port: number; readonly host: string; readonly credential: string };

const FRAME = FEED_LIMITS.fromEdge.value;

const hash = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Takes feeds of edges on a port of its own; who does not show the credential gets 401. A part: start it before the routers. */
export const feedWsListener = ({ port, host, credential }: ListenerOptions): FeedListener & Part & { address(): number } => {
  const accepts = new Map<string, (feed: RouterFeed) => void>();
  const http = createServer((_request, response) => void response.writeHead(404).end());
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: FRAME });
  const wanted = hash(`Bearer ${credential}`);
  const allowed = (request: IncomingMessage): boolean => timingSafeEqual(hash(request.headers.authorization ?? ''), wanted);

  http.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy()); // Node listens no more, and who is refused may reset it
    const accept = accepts.get(request.url ?? '');
    const refusal = !allowed(request) ? '401 Unauthorized' : accept ? undefined : '404 Not Found';
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, socket, head, (ws) => accept?.(new WsFeed(ws)));
  });

  return {
    name: 'feed listener',
    listen: async (service: ServiceName, accept) => {
      accepts.set(`/feed/${service}`, accept);
      return { close: async () => void accepts.delete(`/feed/${service}`) };
    },
    start: () =>
      new Promise((resolve, reject) => {
        http.once('error', reject);
        http.listen(port, host, () => {
          http.off('error', reject);
          resolve();
        });
      }),
    stop: async () => {
      for (const ws of sockets.clients) ws.terminate();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
        http.closeAllConnections();
      });
    },
    address: () => {
      const at = http.address();
      return at && typeof at === 'object' ? at.port : port;
    },
  };
};
