import type { CloseReason, ServiceName, SignalFrame } from '@clatter/contract';
import { type Cursor, channel, encodeCursor } from '@clatter/kernel';
import type { Clock, DocumentStore, EventLog, FeedDialer, Ids, Log, Metrics, ReadModels } from '@clatter/ports';
import { FeedClient, type FeedClientOptions } from './fanout/feedClient.ts';
import { Registry } from './fanout/registry.ts';
import { Waiting } from './fanout/waiting.ts';
import type { EdgeRules } from './rules.ts';
import type { EdgeSettings } from './settings.ts';
import type { PendingJoin, Session } from './socket/session.ts';
import type { OutFrame } from './socket/socket.ts';
import { closeSocket, frame, Writer } from './socket/writer.ts';

/** Who a token speaks for; `expires` in ms since the epoch. */
export type Caller = { readonly user: string; readonly session: string; readonly expires: number };

export type EdgeDeps = {
  readonly log: EventLog;
  readonly store: DocumentStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly dialer: FeedDialer;
  /** messaging's */
  readonly readModels: ReadModels;
  /** presence's; absent where there is no presence */
  readonly presence?: ReadModels;
  readonly tokens: { verify(token: string): Promise<Caller> };
  /** what auth knows: whether a session was ended, and which of these users exist */
  readonly accounts: { isRevoked(session: string): Promise<boolean>; unknown(users: readonly string[]): Promise<readonly string[]> };
  readonly report: { readonly log: Log; readonly metrics: Metrics };
};

export const EVENTS = 'messaging.events';
export const MARKS = 'messaging.marks';
export const EPHEMERAL = 'messaging.ephemeral';

/** What a feed's records are for, and who is told how it stands. */
export type FeedListeners = Pick<FeedClientOptions, 'record' | 'soft' | 'applied' | 'reset'>;

/** What all parts of one edge share: sessions, the messaging feed with its watermarks, the writer. */
export class Core {
  readonly deps: EdgeDeps;
  readonly settings: EdgeSettings;
  readonly rules: EdgeRules;
  readonly instance: string;
  readonly registry = new Registry();
  readonly waiting = new Waiting();
  readonly writer: Writer;
  readonly messaging: FeedClient;
  /** told when a session became live, and when it ended */
  readonly onLive = new Set<(session: Session) => void>();
  readonly onEnd = new Set<(session: Session) => void>();
  /** told when a live session was taken out of a conversation */
  readonly onLeft = new Set<(session: Session) => void>();
  draining = false;

  constructor(deps: EdgeDeps, settings: EdgeSettings, rules: EdgeRules, on: Pick<FeedListeners, 'record' | 'soft'>) {
    this.deps = deps;
    this.settings = settings;
    this.rules = rules;
    this.instance = deps.ids.name();
    this.writer = new Writer({
      settings,
      rules,
      close: (session, reason) => this.close(session, reason),
      slow: () => deps.report.metrics.count('clatter_edge_slow_consumers_total'),
    });
    this.messaging = this.feed('messaging', { ...on, applied: () => this.waiting.look(), reset: () => this.#reset() }, rules);
    this.messaging.channels.ref(channel.edge(this.instance));
  }

  /** This edge's feed of a service; whoever asks for it starts and stops it. */
  feed(service: ServiceName, on: FeedListeners, rules: EdgeRules = {}): FeedClient {
    const { dialer, clock, ids, report } = this.deps;
    return new FeedClient({ service, instance: this.instance, dialer, clock, ids, settings: this.settings, log: report.log, rules, ...on });
  }

  send(session: Session, out: OutFrame): void {
    this.writer.push(session, out);
  }

  signal(session: Session, name: string, data: SignalFrame['data'], rev?: number): void {
    this.send(session, frame({ type: 'signal', name, at: this.deps.clock.now(), data, ...(rev === undefined ? {} : { rev }) }));
  }

  /** The place in the log that covers all that was queued for this session; never past a join that is not finished. */
  cursor(session: Session): string | undefined {
    if (session.doomed && this.rules.resetMute !== false) return undefined;
    const { pending } = session;
    if (!pending || pending.size === 0 || this.rules.holdCursor === false) return this.messaging.cursor;
    const at = this.messaging.watermarks();
    const { logId } = this.messaging;
    return at && logId !== undefined ? encodeCursor({ logId, at: held(at, pending) }) : undefined;
  }

  close(session: Session, reason: CloseReason): void {
    if (session.closed) return;
    this.deps.report.metrics.count('clatter_edge_closed_total', { reason });
    closeSocket(session, reason);
    this.end(session);
  }

  /** Forgets a session: its socket is gone or going. */
  end(session: Session): void {
    if (session.closed) return;
    if (session.state.is === 'silent') session.state.cancel();
    const { channels } = this.messaging;
    if (session.state.is === 'connecting') for (const conversation of session.state.c.wanted ?? []) channels.unref(channel.conversation(conversation));
    const known = session.user !== '';
    session.state = { is: 'closed' };
    for (const conversation of session.subscribed) channels.unref(channel.conversation(conversation));
    for (const conversation of session.pending?.keys() ?? []) channels.unref(channel.conversation(conversation));
    if (known) channels.unref(channel.user(session.user));
    this.registry.remove(session);
    for (const tell of this.onEnd) tell(session);
    this.waiting.look(); // who waited for it gives up
  }

  /** The feed lost its place: every session is muted and closed in waves, so that it syncs (design §5). */
  #reset(): void {
    this.deps.report.metrics.count('clatter_edge_resets_total');
    for (const session of [...this.registry.sessions.values()]) {
      session.doomed = true;
      if (!session.live) this.close(session, 'unknown');
      else this.deps.clock.after(this.deps.ids.random() * this.settings.resetWave, () => this.close(session, 'unknown'));
    }
  }
}

const held = (at: Cursor['at'], pending: ReadonlyMap<string, PendingJoin>): Cursor['at'] => {
  const events = [...(at[EVENTS] ?? [])];
  for (const { partition, offset } of pending.values()) events[partition] = Math.min(events[partition] ?? -1, offset - 1);
  return { ...at, [EVENTS]: events };
};
