import type { AuthRecord, FeedRecord } from '@clatter/contract';
import { channel } from '@clatter/kernel';
import type { Core } from '../core.ts';
import type { Session } from '../socket/session.ts';
import type { FeedClient } from './feedClient.ts';
import { Waiting } from './waiting.ts';

/** Closes the sockets of ended sessions: auth's feed on `user/<id>`; after a gap in it the sessions are looked up. */
export class Revocations {
  readonly #core: Core;
  readonly #feed: FeedClient;
  readonly #waiting = new Waiting();
  readonly #watched = new Set<Session>();
  /** records may have been missed: nobody has been looked up since */
  #gap = false;

  constructor(core: Core) {
    this.#core = core;
    this.#feed = core.feed('auth', {
      record: (_topic, _partition, record) => this.#record(record),
      soft: () => {},
      applied: () => this.#applied(),
      reset: () => {
        this.#gap = true;
      },
    });
    core.onLive.add((session) => this.#watch(session));
    core.onEnd.add((session) => {
      if (this.#watched.delete(session)) this.#feed.channels.unref(channel.user(session.user));
      this.#waiting.look();
    });
  }

  /** Once the channel is applied a revocation is heard; what was revoked before stands in the session's document. */
  #watch(session: Session): void {
    const user = channel.user(session.user);
    this.#watched.add(session);
    this.#feed.channels.ref(user);
    this.#waiting.until(
      () => session.closed || this.#feed.isApplied(user),
      () => {
        if (!session.closed) void this.#check(session);
      },
    );
  }

  start(): void {
    this.#feed.start();
  }

  stop(): void {
    this.#feed.stop();
  }

  /** After a gap everybody is looked up, but only once the new stream is heard: what is revoked after the look comes by it. */
  #applied(): void {
    this.#waiting.look();
    if (!this.#gap) return;
    this.#gap = false;
    this.#checkAll();
  }

  #record(record: FeedRecord): void {
    const { name, user, data } = JSON.parse(record.value) as AuthRecord;
    if (name !== 'session.revoked') return;
    const ended = (data as { session?: string } | null)?.session;
    for (const session of this.#core.registry.ofUser(user)) if (session.session === ended) this.#core.close(session, 'session_revoked');
  }

  /** Everybody, a few at a time. */
  #checkAll(): void {
    const sessions = [...this.#watched];
    const some = async (): Promise<void> => {
      for (const session of sessions.splice(0, 50)) await this.#check(session);
      if (sessions.length > 0) this.#core.deps.clock.after(10, () => void some());
    };
    void some();
  }

  async #check(session: Session): Promise<void> {
    try {
      if (await this.#core.deps.accounts.isRevoked(session.session)) this.#core.close(session, 'session_revoked');
    } catch (error) {
      this.#core.deps.report.log.warn({ error }, 'a session could not be looked up');
      this.#core.deps.clock.after(1_000, () => {
        if (!session.closed) void this.#check(session);
      });
    }
  }
}
