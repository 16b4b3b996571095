import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';

type Target = { readonly paths: RegExp; readonly ports: () => readonly number[] };

/** One address before all services, as an ingress is in a real cluster: by path, and in turn where there are several. */
export const startProxy = (targets: readonly Target[], port: number): Promise<{ readonly port: number; close(): Promise<void> }> => {
  let turn = 0;
  const portOf = (url: string): number | undefined => {
    const ports = targets.find(({ paths }) => paths.test(url))?.ports() ?? [];
    return ports[turn++ % Math.max(1, ports.length)];
  };
  const server = createServer((request, response) => {
    const to = portOf(request.url ?? '');
    if (to === undefined) return void response.writeHead(503).end(); // none of them runs now
    const onward = httpRequest(
      {
        host: '127.0.0.1',
        port: to,
        path: request.url,
        method: request.method,
        headers: { ...request.headers, 'x-forwarded-for': request.socket.remoteAddress ?? '' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => {
      if (!response.headersSent) response.writeHead(503);
      response.end();
    });
    request.pipe(onward);
  });
  const open = new Set<Socket>();
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const to = portOf(request.url ?? '');
    if (to === undefined) return void socket.destroy();
    const onward = connect(to, '127.0.0.1', () => {
      const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
      onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      open.add(one);
      one.setNoDelay(true);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const at = server.address();
      resolve({
        port: at && typeof at === 'object' ? at.port : port,
        close: () =>
          new Promise((done) => {
            for (const socket of open) socket.destroy();
            server.close(() => done());
            server.closeAllConnections();
          }),
      });
    });
  });
};
