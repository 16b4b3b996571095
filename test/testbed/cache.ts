import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;
const cache = join(root, 'node_modules/.cache/testbed');

/** Runs a command to its end. @throws with its output where it fails or can't be found */
export const command = (name: string, args: readonly string[], cwd: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(name, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const read = (chunk: Buffer): void => {
      output += chunk.toString();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => reject(new Error(`${name} can not be run: ${error.message}`)));
    child.once('exit', (code) => (code === 0 ? resolve(output) : reject(new Error(`${name} ${args.join(' ')} ended with ${code}:\n${output.slice(-2_000)}`))));
  });

/** A folder that is installed once and kept; two that ask at once install once. The version is part of its name. */
export const installed = async (name: string, install: (folder: string) => Promise<void>): Promise<string> => {
  const folder = join(cache, name);
  mkdirSync(cache, { recursive: true });
  await withLock(join(cache, `${name}.lock`), async () => {
    if (existsSync(folder)) return;
    const making = `${folder}.making`;
    rmSync(making, { recursive: true, force: true });
    mkdirSync(making, { recursive: true });
    process.stderr.write(`test bed: installing ${name} …\n`);
    await install(making);
    renameSync(making, folder);
  });
  return folder;
};

const withLock = async (path: string, run: () => Promise<void>): Promise<void> => {
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (!alive(Number(existsSync(path) ? readFileSync(path, 'utf8') : 0))) rmSync(path, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    await run();
  } finally {
    rmSync(path, { force: true });
  }
};

const alive = (pid: number): boolean => {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
