import { spawn } from 'node:child_process';
import { endsWithUs } from '../testbed/leftovers.ts';

const root = new URL('../..', import.meta.url).pathname;

/** Runs `clatter` to its end, as an operator does. */
export const clatter = (words: readonly string[], env: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly output: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, ['apps/clatter/src/main.ts', ...words], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    endsWithUs(child);
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', (code) => resolve({ code, output }));
  });
