import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TOPICS } from '@clatter/contract';
import type { Rebuildable } from '@clatter/engine';
import { messagingProjector } from '@clatter/messaging';
import { type DocumentStore, SILENT, UNMEASURED } from '@clatter/ports';
import { systemClock as clock, systemIds as ids } from '@clatter/runtime';
import { openSqliteLog, openSqliteStore } from '@clatter/sqlite';
import { openMongoStore } from '@clatter/store-mongo';
import { UsageError } from './arguments.ts';
import type { Embedded, Remote } from './place.ts';

/** `alone`: no server runs, so the projection runs in this process. */
export type Opened = { readonly store: DocumentStore; readonly alone: boolean; close(): Promise<void> };

/** Where the read models are, and who builds them (docs/decisions/0007). */
export const openReadModels = async (at: Embedded | Remote, { service }: Rebuildable): Promise<Opened> => {
  if (at.mode === 'cluster') {
    const store = await openMongoStore({ url: at.mongoUrl, database: at.mongoDatabase });
    return { store, alone: false, close: () => store.close() };
  }
  if (!existsSync(join(at.data, 'log.sqlite'))) throw new UsageError(`There is no log in ${at.data}.`);
  return (await whileStopped(at, service)) ?? whileRunning(at);
};

/** undefined where a server has the log. */
const whileStopped = async ({ data, partitions }: Embedded, service: string): Promise<Opened | undefined> => {
  const log = await openSqliteLog({ path: join(data, 'log.sqlite'), clock, ids, log: SILENT, died: () => process.exit(1) }).catch((error: unknown) => {
    if (error instanceof Error && error.message.includes('in use')) return undefined;
    throw error;
  });
  if (!log) return undefined;
  await log.ensureTopics(Object.values(TOPICS), partitions);
  const store = openSqliteStore({ path: join(data, `store-${log.logId}.sqlite`), durable: false });
  const error = (fields: object, text: string): void => console.error(text, 'error' in fields ? fields.error : '');
  const report = { log: { ...SILENT, warn: error, error }, metrics: UNMEASURED };
  if (service !== 'messaging') throw new UsageError(`${service} can not be rebuilt without its server.`);
  const projector = messagingProjector({ log, store, clock, ids, report }, { pollMs: 200, buildRecords: 5_000, queuedRecords: 20_000 });
  await projector.start();
  return {
    store,
    alone: true,
    close: async () => {
      await projector.stop();
      await log.close();
      await store.close();
    },
  };
};

/** The file beside that of the server: several processes may have it open, each write is short. */
const whileRunning = ({ data }: Embedded): Opened => {
  const files = readdirSync(data).filter((file) => /^store-.*\.sqlite$/.test(file));
  const [file] = files;
  if (file === undefined || files.length > 1)
    throw new UsageError(
      `There are ${files.length} read model files in ${data}: of a running server it can't be told which is its own. Stop it and run this again.`,
    );
  const store = openSqliteStore({ path: join(data, file), durable: false });
  return { store, alone: false, close: () => store.close() };
};
