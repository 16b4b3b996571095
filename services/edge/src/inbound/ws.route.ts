import type { IncomingMessage, ServerResponse } from 'node:http';
import { ClatterError } from '@clatter/kernel';
import { type HttpPlugin, sendProblem } from '@clatter/runtime';
import websocket, { type WebSocket } from '@fastify/websocket';
import type { Edge } from '../edge.ts';
import { CLOSE_WITHIN, networkSocket } from '../socket/socket.ws.ts';

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

/**
 * What a client breaks, by its bytes or by going away, is no error of ours: `ws` answers it with the close code of RFC 6455 (1002, 1007, 1009),
 * which must get out before the connection is cut. Anything else is a defect.
 */
const brokenByClient = (error: Error): boolean => 'code' in error && typeof error.code === 'string' && /^(WS_ERR_\w+|E[A-Z]+)$/.test(error.code);

const broke =
  (log: Parameters<HttpPlugin>[0]['log'], socket: WebSocket) =>
  (error: Error): void => {
    if (brokenByClient(error)) log.debug({ error }, 'a socket broke');
    else log.error({ error }, 'a socket failed');
    setTimeout(() => socket.terminate(), CLOSE_WITHIN).unref();
  };

/** `GET /v1/ws`, subprotocol `clatter.v1` (protocol §1). The token comes in the first frame, never in the URL. */
export const wsRoute =
  (edge: Edge, { origins, maxPayload }: WsOptions): HttpPlugin =>
  async (app) => {
    await app.register(websocket, {
      options: { maxPayload, perMessageDeflate: false, handleProtocols: (offered) => (offered.has('clatter.v1') ? 'clatter.v1' : false) },
      errorHandler: (error, socket) => broke(app.log, socket)(error),
      preClose: (done) => done(), // sockets are drained by the edge itself
    });
    const responses = new WeakMap<IncomingMessage, ServerResponse>();
    app.route({
      method: 'GET',
      url: '/v1/ws',
      config: { longLived: true },
      schema: { summary: 'The socket (WebSocket, subprotocol clatter.v1)', tags: ['edge'] },
      preValidation: async (request, reply) => {
        if (originAllowed(request.headers.origin, request.headers.host, origins)) return void responses.set(request.raw, reply.raw);
        return sendProblem(reply, new ClatterError('forbidden', 'This origin may not connect.'));
      },
      handler: (_request, reply) => sendProblem(reply, new ClatterError('bad_request', 'This is the socket: connect to it with WebSocket.')),
      wsHandler: (socket, request) => {
        // There will be no response, and errors are ours: else the request, its reply, headers and logger would live as long as the socket.
        responses.get(request.raw)?.detachSocket(request.raw.socket);
        socket.removeAllListeners('error');
        socket.on('error', broke(app.log, socket));
        const input = edge.accept(networkSocket(socket, request.raw.socket), { address: request.ip });
        socket.on('message', (data: Buffer, binary: boolean) => {
          if (binary) return socket.close(1007, 'text frames only');
          input.message(data.toString('utf8'));
        });
        socket.on('close', () => input.closed());
      },
    });
  };
