import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@clatter/runtime';

/** Makes the folder of the data, for its owner only, and those that lead to it. @throws {ConfigError} saying why it can't be */
export const makeDataFolder = (path: string): void => {
  try {
    make(resolve(path));
  } catch (error) {
    throw new ConfigError([`CLATTER_DATA can not be a folder: ${path} (${error instanceof Error ? error.message : error})`]);
  }
};

/** One by one: the `recursive` of Node tries for ever where a folder that is there takes no new ones, as /proc. */
const make = (folder: string): void => {
  if (isFolder(folder)) return;
  make(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!isFolder(folder)) throw error; // another process may have made it meanwhile
  }
};

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
