import { parentPort, workerData } from 'node:worker_threads';
import { StoreUnavailable, UniqueViolation } from '@clatter/ports';
import { SqliteDocuments } from './documents.sqlite.ts';
import type { StoreAnswer, StoreCall, StoreWorkerOptions } from './storeMessages.ts';

// Owns a store's file. Everything that waits is one transaction: one commit for the puts of many callers.
const { path, durable } = workerData as StoreWorkerOptions;
const port = parentPort;
if (!port) throw new Error('the store worker runs in a worker thread');
const documents = new SqliteDocuments(path, durable);

const run = (call: StoreCall) => {
  switch (call.t) {
    case 'ensure':
      return documents.ensure(call.collections);
    case 'getMany':
      return documents.getMany(call.collection, call.keys);
    case 'putMany':
      return documents.putMany(call.collection, call.docs);
    case 'range':
      return documents.range(call.collection, call.index, call.options);
    case 'scan':
      return documents.scan(call.collection, call.after, call.limit);
    case 'drop':
      return documents.drop(call.collection);
    case 'ping':
      return documents.ping();
    case 'close':
      return;
    default:
      call satisfies never;
  }
};

const answer = (call: StoreCall): StoreAnswer => {
  try {
    return { id: call.id, result: run(call) as undefined };
  } catch (error) {
    if (error instanceof UniqueViolation) return { id: call.id, unique: error.index };
    if (error instanceof StoreUnavailable) return { id: call.id, error: error.message };
    throw error;
  }
};

/** Answers go out after the commit: what a reader was told is never taken back. Where one call breaks the transaction each has its own. */
const answerAll = (calls: readonly StoreCall[]): StoreAnswer[] => {
  try {
    documents.begin();
    const answers = calls.map(answer);
    documents.commit();
    return answers;
  } catch (error) {
    documents.rollback();
    if (calls.length > 1) return calls.flatMap((call) => answerAll([call]));
    return calls.map(({ id }) => ({ id, error: String(error) }));
  }
};

let waiting: StoreCall[] = [];

const work = (): void => {
  const calls = waiting;
  waiting = [];
  port.postMessage(answerAll(calls));
  if (!calls.some(({ t }) => t === 'close')) return;
  documents.close();
  port.close();
};

port.on('message', (calls: readonly StoreCall[]) => {
  if (waiting.length === 0) setImmediate(work);
  waiting.push(...calls);
});
