import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, installed } from './cache.ts';
import { freePort, listening, ServerProcess } from './server.ts';

const VERSION = '0.7.0b3';

export type RunningMongo = { readonly url: string; kill(): Promise<void>; restart(): Promise<void>; stop(): Promise<void> };

/** A server that speaks MongoDB's wire: MONGO_URL where it is set, else SecantusDB from PyPI, installed once. */
export const startMongo = async (): Promise<RunningMongo> => {
  const given = process.env.MONGO_URL;
  if (given) return { url: given, kill: unsupported, restart: unsupported, stop: async () => {} };
  const folder = await installed(`secantusdb-${VERSION}`, async (into) => {
    await command('python3', ['-m', 'venv', '--copies', join(into, 'venv')], into);
    await command(join(into, 'venv/bin/python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', `secantusdb==${VERSION}`], into);
  });
  const data = mkdtempSync(join(tmpdir(), 'clatter-mongo-'));
  const port = await freePort();
  // by module path: a script of a venv names the folder in which it was made
  const start = `import sys; sys.argv=['secantusd-py','--host','127.0.0.1','--port','${port}','--storage-path','${data}','--sync-on-commit','--log-level','WARNING']; from importlib.metadata import entry_points; [e for e in entry_points(group='console_scripts') if e.name=='secantusd-py'][0].load()()`;
  const server = new ServerProcess(join(folder, 'venv/bin/python'), ['-c', start], data);
  const up = async (): Promise<void> => {
    server.start();
    await listening(port, server);
  };
  await up();
  return {
    url: `mongodb://127.0.0.1:${port}/?directConnection=true`,
    kill: () => server.kill(),
    restart: up,
    stop: async () => {
      await server.kill();
      rmSync(data, { recursive: true, force: true });
    },
  };
};

const unsupported = async (): Promise<void> => {
  throw new Error('a server that was given by its address can not be killed');
};
