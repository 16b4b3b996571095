import { rmSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { command, installed } from './cache.ts';
import { temporaryFolder } from './leftovers.ts';
import { freePort, listening } from './port.ts';
import type { RunningMongo } from './running.ts';
import { ServerProcess } from './server.ts';

const VERSION = '0.7.0b3';

/** SecantusDB from PyPI in a venv, installed once; its folder. @throws without Python 3 */
export const installMongo = (): Promise<string> =>
  installed(`secantusdb-${VERSION}`, async (into) => {
    await command('python3', ['-m', 'venv', '--copies', join(into, 'venv')], into);
    await command(join(into, 'venv/bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `secantusdb==${VERSION}`], into);
  });

/** A process of this machine. `niceness`: 19 lets everything else go first. */
export const startLocalMongo = async (niceness: number): Promise<RunningMongo> => {
  const folder = await installMongo();
  const data = temporaryFolder('mongo');
  const port = await freePort();
  // by module path: a script of a venv names the folder in which it was made
  const run = `import sys; sys.argv=['secantusd-py','--host','127.0.0.1','--port','${port}','--storage-path','${data}','--sync-on-commit','--log-level','WARNING']; from importlib.metadata import entry_points; [e for e in entry_points(group='console_scripts') if e.name=='secantusd-py'][0].load()()`;
  const server = new ServerProcess(join(folder, 'venv/bin/python'), ['-c', run], data);
  const start = async (): Promise<void> => {
    server.start();
    if (niceness > 0 && server.pid !== undefined) setPriority(server.pid, niceness); // its threads, made later, inherit it
    await listening(port, server);
  };
  const stop = async (): Promise<void> => {
    await server.kill();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    touchable: true,
    kill: (signal) => server.kill(signal),
    restart: start,
    freeze: async () => server.signal('SIGSTOP'),
    thaw: async () => server.signal('SIGCONT'),
    stop,
  };
};
