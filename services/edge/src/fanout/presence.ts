import type { EventRecord, FeedRecord } from '@clatter/contract';
import { channel, presenceFacts } from '@clatter/kernel';
import type { ReadModels } from '@clatter/ports';
import type { Core } from '../core.ts';
import type { Wanted } from '../outbound/acquainted.ts';
import { Leases } from '../outbound/leases.ts';
import type { Session } from '../socket/session.ts';
import type { FeedClient } from './feedClient.ts';
import { Watches } from './watches.ts';

/** The edge's part of presence: tells whose sessions are open here, and who is watched what became of others. Soft: nothing waits for it. */
export class Presence {
  readonly #core: Core;
  readonly #feed: FeedClient;
  readonly #leases: Leases;
  readonly #watches: Watches;

  constructor(core: Core, models: ReadModels) {
    this.#core = core;
    this.#feed = core.feed('presence', {
      record: (_topic, partition, record) => this.#record(partition, record),
      soft: () => {},
      applied: () => this.#watches.applied(),
      reset: () => this.#watches.reset(),
    });
    this.#feed.channels.ref(channel.edge(core.instance));
    this.#leases = new Leases(core);
    this.#watches = new Watches(core, this.#feed, models);
    core.onLeft.add((session) => this.#watches.recheck(session));
  }

  start(): void {
    this.#feed.start();
    this.#leases.start();
  }

  async stop(): Promise<void> {
    await this.#leases.stop();
    this.#feed.stop();
  }

  active(session: Session, on: boolean): void {
    this.#leases.active(session, on);
  }

  watch(session: Session, wanted: Wanted): void {
    this.#watches.watch(session, wanted);
  }

  recheck(session: Session): void {
    this.#watches.recheck(session);
  }

  #record(partition: number, record: FeedRecord): void {
    const { instance, registry } = this.#core;
    for (const fact of presenceFacts(JSON.parse(record.value) as EventRecord)) {
      if (fact.name === 'presence.changed') this.#watches.changed(fact.data, record.offset);
      if (fact.name === 'edge.lost' && fact.data.edge === instance) this.#leases.lost(partition, fact.data.holder);
      if (fact.name === 'session.replaced' && fact.data.edge === instance) {
        const session = registry.sessions.get(fact.data.connection);
        if (session) this.#core.close(session, 'session_replaced');
      }
    }
  }
}
