import type { PresenceDoc, PresenceEvents, PresenceFrame } from '@clatter/contract';
import { ClatterError, channel } from '@clatter/kernel';
import { type ReadModels, sleep } from '@clatter/ports';
import type { Core } from '../core.ts';
import { mayWatch, type Wanted } from '../outbound/acquainted.ts';
import { asError } from '../outbound/commandQueue.ts';
import type { Session } from '../socket/session.ts';
import { errorFrame, frame } from '../socket/writer.ts';
import type { FeedClient } from './feedClient.ts';
import { Lanes } from './lanes.ts';
import { drop, put } from './sets.ts';
import { Waiting } from './waiting.ts';

/** `told`: the present state was sent; live changes before that are in it. */
type Watch = { readonly wanted: Wanted; readonly users: Set<string>; told: boolean; recheck: 'no' | 'busy' | 'again' };
type Status = Pick<PresenceDoc, 'status' | 'rev'> & { readonly lastSeen?: number };

const EVENTS = 'presence.events';
/** Look-ups at once, so that thousands who reconnect do not stand before a database that messages need too. */
export const LANES = 16;
/** Times that the read model is given 2 s to come as far as the feed was. */
const PATIENCE = 15;

/**
 * Whose presence each session wants. The feed is subscribed first, then the read model read once it is as far as the feed was, and the
 * newer of the two wins; from then on changes come live. What is known of a watched user is kept, so that many watchers cost one look.
 */
export class Watches {
  readonly #core: Core;
  readonly #feed: FeedClient;
  /** presence's */
  readonly #models: ReadModels;
  readonly #lanes = new Lanes(LANES);
  readonly #waiting = new Waiting();
  /** the newest wish of a session that is still looked up */
  readonly #asked = new Map<Session, Wanted>();
  readonly #watches = new Map<Session, Watch>();
  /** whose channels are not applied yet: one waits for each session, however often it changes its wish meanwhile (P7) */
  readonly #telling = new Set<Session>();
  readonly #byUser = new Map<string, Set<Session>>();
  /** state of watched users as the feed, or the read model behind it, says */
  readonly #known = new Map<string, Status>();
  #count = 0;
  #gap = false;
  /** counts gaps: what was read before one is void behind it */
  #gaps = 0;

  constructor(core: Core, feed: FeedClient, models: ReadModels) {
    this.#core = core;
    this.#models = models;
    this.#feed = feed;
    core.onEnd.add((session) => {
      this.#asked.delete(session);
      this.#drop(session);
      this.#waiting.look();
    });
  }

  /** A wish replaces the former one; one look-up of a session at a time. */
  watch(session: Session, wanted: Wanted): void {
    const busy = this.#asked.has(session);
    this.#asked.set(session, wanted);
    if (!busy) this.#lanes.run(() => this.#look(session));
  }

  /** Whom a session may no longer see is taken from its watch: asked when it leaves a conversation, and now and then, since others leave too. */
  recheck(session: Session): void {
    const watch = this.#watches.get(session);
    if (!watch || this.#asked.has(session)) return;
    const busy = watch.recheck !== 'no';
    watch.recheck = 'again';
    if (!busy) this.#lanes.run(() => this.#narrowed(session, watch));
  }

  /** A change that the feed brought. */
  changed({ user, status, lastSeen }: PresenceEvents['presence.changed'], rev: number): void {
    const sessions = this.#byUser.get(user);
    if (!sessions || rev <= (this.#known.get(user)?.rev ?? -1)) return;
    const now: Status = { status, lastSeen, rev };
    this.#known.set(user, now);
    const out = frame(presenceFrame(user, now));
    for (const session of sessions) if (this.#watches.get(session)?.told) this.#core.send(session, out);
  }

  /** Something was applied. After a gap everything known is void, and everybody is told anew. */
  applied(): void {
    this.#waiting.look();
    if (!this.#gap) return;
    this.#gap = false;
    for (const session of this.#watches.keys()) this.#tell(session);
  }

  reset(): void {
    this.#gap = true;
    this.#gaps++;
    this.#known.clear();
    for (const watch of this.#watches.values()) watch.told = false;
  }

  async #look(session: Session): Promise<void> {
    for (let wanted = this.#asked.get(session); wanted; wanted = this.#asked.get(session)) {
      const users = await this.#allowed(session, wanted);
      if (this.#asked.get(session) !== wanted) continue; // a newer wish, or the session is gone
      this.#asked.delete(session);
      if (users) this.#set(session, wanted, users);
    }
  }

  async #allowed(session: Session, wanted: Wanted): Promise<ReadonlySet<string> | undefined> {
    try {
      return await mayWatch(this.#core, session, wanted);
    } catch (cause) {
      const error = asError(cause);
      if (error.code === 'internal') this.#core.deps.report.log.warn({ error: cause }, 'who may be watched could not be looked up');
      this.#refuse(session, error.code === 'internal' ? new ClatterError('unavailable', 'Presence can not be looked up now.') : error);
      return undefined;
    }
  }

  #set(session: Session, wanted: Wanted, users: ReadonlySet<string>): void {
    const before = this.#watches.get(session)?.users.size ?? 0;
    if (this.#count - before + users.size > this.#core.settings.watched)
      return this.#refuse(session, new ClatterError('unavailable', 'Too many users are watched here.', { after: 10_000 }));
    const watch: Watch = { wanted, users: new Set(users), told: false, recheck: 'no' };
    this.#count += users.size;
    for (const user of users) this.#feed.channels.ref(channel.presence(user));
    const kept = new Map([...users].map((user) => [user, this.#known.get(user)] as const));
    this.#drop(session); // after the new ones: who stays is not let go for a moment
    for (const [user, known] of kept) {
      put(this.#byUser, user, session);
      if (known) this.#known.set(user, known);
    }
    this.#watches.set(session, watch);
    this.#tell(session);
  }

  /** Once all channels are applied, in the same turn the place from which on the feed tells all. */
  #tell(session: Session): void {
    if (this.#telling.has(session)) return;
    this.#telling.add(session);
    this.#waiting.until(
      () => [...(this.#watches.get(session)?.users ?? [])].every((user) => this.#feed.isApplied(channel.presence(user))),
      () => {
        this.#telling.delete(session);
        const watch = this.#watches.get(session);
        const from = this.#feed.watermarks()?.[EVENTS] ?? [];
        if (watch) this.#lanes.run(() => this.#read(session, watch, from, () => this.#watches.get(session) !== watch));
      },
    );
  }

  async #read(session: Session, watch: Watch, from: readonly number[], over: () => boolean): Promise<void> {
    const { store, clock, report } = this.#core.deps;
    const gaps = this.#gaps;
    const missing = [...watch.users].filter((user) => !this.#known.has(user));
    for (let attempt = 0; missing.length > 0 && !over(); attempt++) {
      if (attempt >= PATIENCE) return this.#refuse(session, new ClatterError('unavailable', 'The read models of presence are behind.'));
      try {
        const models = this.#models.pinned(); // waited for and read in the same generation
        if (!(await models.reached({ [EVENTS]: from }, this.#core.settings.connectWithin))) continue;
        const docs = (await store.getMany(models.collection('presence'), missing)) as readonly (PresenceDoc | undefined)[];
        if (gaps !== this.#gaps) return; // it may be old; after the gap it is read again
        for (const [i, user] of missing.entries()) this.#learn(user, docs[i]);
        break;
      } catch (error) {
        report.log.debug({ error }, 'presence could not be read');
        await sleep(clock, 1_000);
      }
    }
    if (over() || gaps !== this.#gaps) return;
    watch.told = true;
    for (const user of watch.users) this.#core.send(session, frame(presenceFrame(user, this.#known.get(user))));
  }

  #learn(user: string, doc: PresenceDoc | undefined): void {
    const known = this.#known.get(user);
    if (!this.#byUser.has(user) || (known && known.rev >= (doc?.rev ?? -1))) return;
    this.#known.set(user, doc ? { status: doc.status, lastSeen: doc.lastSeen, rev: doc.rev } : { status: 'offline', rev: -1 });
  }

  /** Once more where it was asked for meanwhile. */
  async #narrowed(session: Session, watch: Watch): Promise<void> {
    while (watch.recheck === 'again') {
      watch.recheck = 'busy';
      await this.#narrow(session, watch);
    }
    watch.recheck = 'no';
  }

  async #narrow(session: Session, watch: Watch): Promise<void> {
    try {
      const users = await mayWatch(this.#core, session, watch.wanted);
      if (this.#watches.get(session) !== watch) return;
      for (const user of watch.users) if (!users.has(user)) this.#release(session, watch, user);
    } catch (cause) {
      if (asError(cause).code !== 'not_found') return this.#core.deps.report.log.debug({ error: cause }, 'a watch was not looked at again');
      if (this.#watches.get(session) === watch) this.#drop(session);
    }
  }

  #drop(session: Session): void {
    const watch = this.#watches.get(session);
    if (!watch) return;
    for (const user of watch.users) this.#release(session, watch, user);
    this.#watches.delete(session);
  }

  #release(session: Session, watch: Watch, user: string): void {
    watch.users.delete(user);
    this.#count--;
    this.#feed.channels.unref(channel.presence(user));
    drop(this.#byUser, user, session);
    if (!this.#byUser.has(user)) this.#known.delete(user);
  }

  #refuse(session: Session, error: ClatterError): void {
    this.#core.send(session, errorFrame(error));
  }
}

/** Of who is online nothing was seen last. */
const presenceFrame = (user: string, now: Status | undefined): PresenceFrame => {
  const { status, lastSeen } = now ?? { status: 'offline' };
  return { type: 'presence', user, status, ...(status === 'online' || lastSeen === undefined ? {} : { lastSeen }) };
};
