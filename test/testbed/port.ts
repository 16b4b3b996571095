import { connect, createServer } from 'node:net';

type Starting = { readonly running: boolean; readonly output: string };

/** A port that is free now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const at = server.address();
      server.close(() => (at && typeof at === 'object' ? resolve(at.port) : reject(new Error('no port'))));
    });
  });

/** Waits until the server takes connections. @throws with its output, when it ends before or takes longer than a minute */
export const listening = async (port: number, server: Starting): Promise<void> => {
  for (const end = Date.now() + 60_000; ; ) {
    if (!server.running) throw new Error(`the server for port ${port} ended:\n${server.output}`);
    const ok = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.end();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (ok) return;
    if (Date.now() > end) throw new Error(`the server on port ${port} did not start:\n${server.output}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};
