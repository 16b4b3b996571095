import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let reaper: ChildProcess | undefined;

const tell = (line: string): void => {
  if (!reaper) {
    // apart from this process' group, so that Ctrl-C does not end it too
    reaper = spawn(process.execPath, [new URL('./reaper.ts', import.meta.url).pathname], { stdio: ['pipe', 'ignore', 'inherit'], detached: true });
    reaper.unref();
    if (reaper.stdin instanceof Socket) reaper.stdin.unref();
  }
  reaper.stdin?.write(`${line}\n`);
};

/** `child` ends at the latest when this process does, however that happens (`reaper.ts`). */
export const endsWithUs = (child: ChildProcess): void => {
  const { pid } = child;
  if (pid === undefined) return;
  tell(`+${pid}`);
  child.once('exit', () => tell(`-${pid}`));
};

/** A folder for the time being: removed at the latest when this process ends. */
export const temporaryFolder = (name: string): string => {
  const path = mkdtempSync(join(tmpdir(), `clatter-${name}-`));
  tell(path);
  return path;
};
