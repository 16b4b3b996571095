import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { resetDerived } from '@clatter/engine';
import { operateKafka } from '@clatter/log-kafka';
import { systemIds } from '@clatter/runtime';
import { operateSqliteLog } from '@clatter/sqlite';
import { openMongoStore } from '@clatter/store-mongo';
import { UsageError } from '../arguments.ts';
import type { Embedded, Remote } from '../place.ts';
import { DERIVED } from '../services.ts';

const CONSEQUENCE = `This gives the log a new identity. State, fences, checkpoints and read models are dropped and built again from the log;
every client drops what it holds and syncs anew. Accounts and sessions stay. Stop all services first, then add --yes.`;

/** A new logId; what was made from the log is dropped. The identity goes first: interrupted, everybody refuses to start until it is run again. */
export const newLog = async (at: Embedded | Remote, yes: boolean): Promise<boolean> => {
  if (!yes) throw new UsageError(CONSEQUENCE);
  return at.mode === 'cluster' ? onKafka(at) : inFolder(at);
};

const onKafka = async ({ brokers, prefix, mongoUrl, mongoDatabase }: Remote): Promise<boolean> => {
  const kafka = await operateKafka({ brokers, clientId: 'clatter-operate' }, prefix);
  try {
    const running = await kafka.members();
    if (running.length > 0) {
      console.error(`Services are running; stop them first (one that was killed counts until its session ends, some seconds):\n  ${running.join('\n  ')}`);
      return false;
    }
    const store = await openMongoStore({ url: mongoUrl, database: mongoDatabase });
    try {
      const logId = await kafka.renewLogId(systemIds);
      for (const derived of DERIVED) await resetDerived(store, derived);
      console.log(`The log is ${logId} now. Start the services: they answer \`unavailable\` until the read models are built.`);
      return true;
    } finally {
      await store.close();
    }
  } finally {
    await kafka.close();
  }
};

const inFolder = async ({ data }: Embedded): Promise<boolean> => {
  const path = join(data, 'log.sqlite');
  if (!existsSync(path)) throw new UsageError(`There is no log in ${data}.`);
  const logId = await operateSqliteLog(path, (log) => log.renewLogId(systemIds));
  for (const file of readdirSync(data)) if (file.startsWith('store-')) rmSync(join(data, file));
  console.log(`The log is ${logId} now. Start Clatter: it answers \`unavailable\` until the read models are built.`);
  return true;
};
