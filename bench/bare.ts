import { spawn } from 'node:child_process';
import type { Target } from './target.ts';

/** A plain `ws` server that only fans out: what the sockets themselves cost. */
export const startBareTarget = async (): Promise<Target> => {
  const child = spawn(process.execPath, [new URL('./bare/main.ts', import.meta.url).pathname], { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the bare server ended with ${code}`)));
    child.stdout.once('data', (text: Buffer) => resolve((JSON.parse(text.toString()) as { port: number }).port));
  });
  return {
    mode: 'bare',
    sockets: [`ws://127.0.0.1:${port}`],
    stop: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
};
