import { ClatterError } from '@clatter/kernel';
import { type HttpPlugin, sendProblem } from '@clatter/runtime';
import websocket from '@fastify/websocket';
import type { Edge } from '../edge.ts';
import { networkSocket } from '../socket/socket.ws.ts';

export type WsOptions = {
  /** origins of pages that may connect; empty = the page must come from this very host */
  readonly origins: readonly string[];
  readonly maxPayload: number;
};

const originAllowed = (origin: string | undefined, host: string | undefined, origins: readonly string[]): boolean => {
  if (origin === undefined) return true; // no browser: the token decides
  if (origins.includes(origin)) return true;
  return origins.length === 0 && URL.canParse(origin) && new URL(origin).host === host;
};

/** `GET /v1/ws`, subprotocol `clatter.v1` (protocol §1). The token comes in the first frame, never in the URL. */
export const wsRoute =
  (edge: Edge, { origins, maxPayload }: WsOptions): HttpPlugin =>
  async (app) => {
    await app.register(websocket, {
      options: { maxPayload, perMessageDeflate: false, handleProtocols: (offered) => (offered.has('clatter.v1') ? 'clatter.v1' : false) },
      preClose: (done) => done(), // sockets are drained by the edge itself
    });
    app.get(
      '/v1/ws',
      {
        websocket: true,
        config: { longLived: true },
        schema: { summary: 'The socket (WebSocket, subprotocol clatter.v1)', tags: ['edge'] },
        preValidation: async (request, reply) => {
          if (originAllowed(request.headers.origin, request.headers.host, origins)) return;
          return sendProblem(reply, new ClatterError('forbidden', 'This origin may not connect.'));
        },
      },
      (socket, request) => {
        const input = edge.accept(networkSocket(socket, request.raw.socket), { address: request.ip });
        socket.on('message', (data: Buffer, binary: boolean) => {
          if (binary) return socket.close(1007, 'text frames only');
          input.message(data.toString('utf8'));
        });
        socket.on('close', () => input.closed());
        socket.on('error', () => socket.terminate());
      },
    );
  };
