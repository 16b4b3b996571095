import { createServer } from 'node:http';
import type { Part } from '@clatter/ports';

export type AdminOptions = { readonly port: number; readonly host: string; readonly parts: () => readonly Part[]; readonly text: () => Promise<string> };

/** `/livez`, `/readyz` and `/metrics` on a port of their own. Being alive never depends on others; being ready does. */
export const adminPart = ({ port, host, parts, text }: AdminOptions): Part & { address(): number } => {
  const server = createServer((request, response) => {
    const answer = (status: number, body: string): void => void response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4' }).end(body);
    if (request.url === '/livez') return answer(200, 'ok\n');
    if (request.url === '/readyz') {
      const reasons = parts().flatMap((part) => part.notReady?.() ?? []);
      return answer(reasons.length === 0 ? 200 : 503, reasons.length === 0 ? 'ok\n' : `${reasons.join('\n')}\n`);
    }
    if (request.url === '/metrics')
      return void text().then(
        (body) => answer(200, body),
        () => answer(500, ''),
      );
    return answer(404, 'not found\n');
  });
  return {
    name: 'admin',
    start: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve();
        });
      }),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    address: () => {
      const at = server.address();
      return at && typeof at === 'object' ? at.port : port;
    },
  };
};
