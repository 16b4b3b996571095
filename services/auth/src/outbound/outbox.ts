import { AUTH_COLLECTIONS, type AuthRecord, HEADER, TOPICS } from '@clatter/contract';
import { channel, partitionOf } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, Log, Part } from '@clatter/ports';
import { change } from './documents.ts';

type WithOutbox = { readonly rev: number; readonly outbox: readonly AuthRecord[]; readonly outboxWaiting?: 1 };

export type OutboxOptions = { readonly log: EventLog; readonly store: DocumentStore; readonly clock: Clock; readonly everyMs: number; readonly report: Log };

/** Without the records that were published, and only those: another process may have cleared them first, and newer ones may have come. */
const cleared = (now: WithOutbox, published: readonly AuthRecord[]): WithOutbox | undefined => {
  const done = new Set(published.map(({ id }) => id));
  const outbox = now.outbox.filter(({ id }) => !done.has(id));
  if (outbox.length === now.outbox.length) return undefined;
  const { outboxWaiting: _, ...rest } = now;
  return { ...rest, rev: now.rev + 1, outbox, ...(outbox.length > 0 ? { outboxWaiting: 1 as const } : {}) };
};

/**
 * Appends what documents hold in their outbox to `auth.events`, in order, and clears it only then. A crash in between repeats records:
 * readers drop a version they have seen.
 */
export const outboxPart = ({ log, store, clock, everyMs, report }: OutboxOptions): Part & { kick(): void } => {
  const topic = TOPICS.authEvents.name;
  let running: Promise<void> | undefined;
  let again = false;
  let cancel = (): void => {};
  let stopped = false;

  const publish = async (collection: string, key: string, doc: WithOutbox): Promise<void> => {
    for (const record of doc.outbox) {
      await log.append(topic, partitionOf(record.user, log.partitions(topic)), [
        { key: record.user, headers: { [HEADER.channels]: channel.user(record.user) }, value: JSON.stringify(record) },
      ]);
    }
    await change<WithOutbox>(store, collection, key, (now) => cleared(now, doc.outbox));
  };

  const sweep = async (): Promise<void> => {
    for (const { name } of [AUTH_COLLECTIONS.accounts, AUTH_COLLECTIONS.sessions]) {
      for (;;) {
        const waiting = await store.range(name, 'byOutbox', { prefix: [1], limit: 100 });
        for (const { key, doc } of waiting) await publish(name, key, doc as unknown as WithOutbox);
        if (waiting.length < 100) break;
      }
    }
  };

  const run = (): void => {
    if (running) {
      again = true;
      return;
    }
    running = sweep()
      .catch((error: unknown) => report.warn({ error }, 'the outbox could not be published; trying again'))
      .finally(() => {
        running = undefined;
        if (again && !stopped) {
          again = false;
          run();
        }
      });
  };

  const tick = (): void => {
    run();
    cancel = clock.after(everyMs, tick);
  };

  return {
    name: 'auth outbox',
    kick: run,
    start: async () => tick(),
    stop: async () => {
      stopped = true;
      cancel();
      await running;
    },
  };
};
