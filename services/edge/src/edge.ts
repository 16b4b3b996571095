import { CLOSE_CODES, type ClientFrame, ERROR_CODES, type ErrorCode, type EventRecord, type JsonObject } from '@clatter/contract';
import { ClatterError, TokenBucket } from '@clatter/kernel';
import type { Part } from '@clatter/ports';
import { Core, type EdgeDeps, EPHEMERAL } from './core.ts';
import { dispatch, dispatchTyping, type Listeners } from './fanout/dispatch.ts';
import { Presence } from './fanout/presence.ts';
import { Revocations } from './fanout/revocations.ts';
import { onAuth } from './inbound/frame.auth.ts';
import { answerFrame, onCommand, publish } from './inbound/frame.command.ts';
import { onHello } from './inbound/frame.hello.ts';
import { CommandQueue } from './outbound/commandQueue.ts';
import { Marks } from './outbound/marks.ts';
import type { EdgeRules } from './rules.ts';
import { EDGE_DEFAULTS, type EdgeSettings } from './settings.ts';
import { Admission } from './socket/admission.ts';
import { decodeFrames } from './socket/decode.ts';
import { Session } from './socket/session.ts';
import type { ClientInput, ClientSocket } from './socket/socket.ts';
import { sweep } from './socket/sweep.ts';
import { frame } from './socket/writer.ts';

/** Bytes, not characters; counted only where it is near. */
const tooLong = (text: string, most: number): boolean => text.length > most || (text.length * 3 > most && Buffer.byteLength(text) > most);

type Pending = { readonly ok: (data: JsonObject, duplicate: boolean) => void; readonly fail: (error: ClatterError) => void };

/** One edge node: terminates sockets, publishes commands, fans out what the feeds bring. */
export class Edge implements Part {
  readonly name = 'edge';
  readonly core: Core;
  readonly #commands: CommandQueue;
  readonly #marks: Marks;
  readonly #admission: Admission;
  readonly #revocations: Revocations;
  readonly #presence: Presence | undefined;
  readonly #requests = new Map<string, Pending>();
  #stopSweep = (): void => {};

  constructor(deps: EdgeDeps, settings: Partial<EdgeSettings> = {}, rules: EdgeRules = {}) {
    const listeners: Listeners = {
      answer: (event) => this.#answer(event),
      marked: (conversation, user, number) => this.#marks.heard(conversation, user, number),
    };
    this.core = new Core(deps, { ...EDGE_DEFAULTS, ...settings }, rules, {
      record: (topic, partition, record) => dispatch(this.core, topic, partition, record, listeners),
      soft: (topic, record) => {
        if (topic === EPHEMERAL) dispatchTyping(this.core, record);
      },
    });
    this.#commands = new CommandQueue(this.core, 'messaging.commands');
    this.#marks = new Marks(this.core);
    this.#admission = new Admission(this.core.settings);
    this.#revocations = new Revocations(this.core);
    this.#presence = deps.presence && new Presence(this.core, deps.presence);
  }

  async start(): Promise<void> {
    this.core.messaging.start();
    this.#revocations.start();
    this.#presence?.start();
    const { metrics } = this.core.deps.report;
    this.#stopSweep = sweep(this.core, () => {
      metrics.gauge('clatter_edge_queued_bytes', this.#commands.bytes);
      metrics.gauge('clatter_edge_requests', this.#requests.size);
    });
  }

  /** Tells every client to come back elsewhere, then closes them in waves. */
  async stop(): Promise<void> {
    this.core.draining = true;
    const { clock, ids } = this.core.deps;
    const { drainWave } = this.core.settings;
    const sessions = [...this.core.registry.sessions.values()];
    for (const session of sessions) if (session.live) this.core.send(session, frame({ type: 'drain', after: 0, by: drainWave }));
    await Promise.all(
      sessions.map(
        (session) =>
          new Promise<void>((resolve) => {
            if (session.closed) return resolve();
            clock.after(ids.random() * drainWave, () => {
              this.core.close(session, 'drain');
              resolve();
            });
          }),
      ),
    );
    this.#stopSweep();
    await this.#presence?.stop();
    this.core.messaging.stop();
    this.#revocations.stop();
  }

  notReady(): string | undefined {
    if (this.core.draining) return 'draining';
    return this.core.messaging.connected ? undefined : 'no messaging feed';
  }

  accept(socket: ClientSocket, meta: { readonly address: string }): ClientInput {
    const { clock, ids } = this.core.deps;
    const refused = this.core.draining ? 'drain' : this.#admission.admit(meta.address);
    if (refused) {
      socket.close(CLOSE_CODES[refused].code, refused);
      return { message: () => {}, closed: () => {} };
    }
    const cancel = clock.after(this.core.settings.helloWithin, () => this.core.close(session, 'heartbeat_missed'));
    const session = new Session(ids.name(), socket, meta.address, clock.now(), cancel);
    this.core.registry.sessions.set(session.id, session);
    return {
      message: (text) => this.#message(session, text),
      closed: () => {
        this.#admission.leave(session.address);
        this.core.end(session);
      },
    };
  }

  /** `POST /v1/commands`: resolves with the body of `ok`. @throws {ClatterError} */
  request(
    caller: { readonly user: string; readonly session: string; readonly device: string },
    body: { readonly ref: string; readonly name: string; readonly data: unknown },
    trace?: string,
    address = '',
  ): Promise<{ data: JsonObject; duplicate?: true }> {
    const { settings, deps } = this.core;
    const now = deps.clock.now();
    const wait = this.#admission.takeUser(caller.user, now) || this.#admission.takeAddress(address, now);
    if (wait > 0) return Promise.reject(new ClatterError('rate_limited', 'Too many commands.', { after: wait }));
    if (this.#requests.size >= settings.requests) return Promise.reject(new ClatterError('unavailable', 'Too many commands wait here.', { after: 1_000 }));
    const id = deps.ids.name();
    return new Promise((resolve, reject) => {
      const cancel = deps.clock.after(settings.answerWithin, () => pending.fail(new ClatterError('timeout', 'No answer yet; send the same ref again.')));
      const settle = (): void => {
        cancel();
        this.#requests.delete(id);
      };
      const pending: Pending = {
        ok: (data, duplicate) => {
          settle();
          resolve({ data, ...(duplicate ? { duplicate: true as const } : {}) });
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      this.#requests.set(id, pending);
      void publish(this.core, this.#commands, { id, ...caller }, body.ref, body.name, body.data, trace, (code, message) =>
        pending.fail(new ClatterError(code, message)),
      );
    });
  }

  #message(session: Session, text: string): void {
    if (session.closed) return;
    session.heard = this.core.deps.clock.now();
    const most = session.state.is === 'silent' ? this.core.settings.helloFrame : this.core.settings.frame;
    if (tooLong(text, most)) {
      session.socket.close(1009, 'too large');
      return this.core.end(session);
    }
    for (const one of decodeFrames(text)) {
      if ('frame' in one) this.#frame(session, one.frame);
      else this.#refuse(session, 'bad_frame', one.bad, { ref: one.ref });
    }
  }

  #frame(session: Session, content: ClientFrame): void {
    if (session.closed) return;
    const state = session.state.is;
    if (content.type === 'hello') {
      if (state !== 'silent') return this.#refuse(session, 'bad_frame', 'hello comes once.');
      return void onHello(this.core, session, content);
    }
    if (state !== 'live') return this.#refuse(session, 'unauthenticated', 'Say hello first, and wait for welcome.');
    if (!this.#mayPass(session, content.type === 'command' ? content.ref : undefined)) return;
    switch (content.type) {
      case 'command':
        return onCommand(this.core, this.#commands, session, content);
      case 'read':
        return this.#marks.read(session, content.conversation, content.number);
      case 'typing':
        return this.#marks.typing(session, content.conversation, content.on);
      case 'watch':
        return this.#presence?.watch(session, content);
      case 'active':
        return this.#presence?.active(session, content.on);
      case 'auth':
        this.#presence?.recheck(session);
        return void onAuth(this.core, session, content);
      case 'ping': {
        const cursor = this.core.cursor(session);
        return this.core.send(session, frame({ type: 'pong', now: this.core.deps.clock.now(), ...(cursor === undefined ? {} : { cursor }) }));
      }
      default:
        content satisfies never;
    }
  }

  /** The token buckets: of the session, then of its user, then of its address, which it may share with the innocent. */
  #mayPass(session: Session, ref: string | undefined): boolean {
    const now = this.core.deps.clock.now();
    const { sessionRate } = this.core.settings;
    session.bucket ??= new TokenBucket(sessionRate, sessionRate * 2, now);
    const own = session.bucket.take(now) || this.#admission.takeUser(session.user, now);
    const after = own || this.#admission.takeAddress(session.address, now);
    if (after > 0) this.#refuse(session, 'rate_limited', 'Too many frames.', { ref, after, innocent: own === 0 });
    return after === 0;
  }

  /** Who is refused again and again, by their own doing and without a calm, is closed (4229). */
  #refuse(
    session: Session,
    code: ErrorCode,
    message: string,
    more: { readonly ref?: string | undefined; readonly after?: number; readonly innocent?: boolean } = {},
  ): void {
    const { deps, settings } = this.core;
    const { ref, after, innocent = false } = more;
    deps.report.metrics.count('clatter_edge_refused_frames_total', { code });
    const now = deps.clock.now();
    if (now - session.refusedAt > settings.calmAfter) session.refusals = 0;
    session.refusedAt = now;
    if (!innocent && ++session.refusals > settings.abuse) return this.core.close(session, 'abuse');
    // a ref may stand in the log already: what refuses this copy for a passing reason says `same` (docs/decisions/0002)
    const retry = ref !== undefined && code === 'rate_limited' ? 'same' : ERROR_CODES[code].retry;
    this.core.send(session, frame({ type: 'error', ...(ref === undefined ? {} : { ref }), code, message, retry, ...(after === undefined ? {} : { after }) }));
  }

  #answer(event: EventRecord): void {
    const content = answerFrame(event);
    const session = this.core.registry.sessions.get(event.origin.session);
    if (session) {
      const since = session.unanswered?.get(event.origin.ref);
      if (since !== undefined) this.core.deps.report.metrics.observe('clatter_edge_answer_seconds', (this.core.deps.clock.now() - since) / 1_000);
      session.unanswered?.delete(event.origin.ref);
      return this.core.send(session, frame(content));
    }
    const pending = this.#requests.get(event.origin.session);
    if (content.type === 'ok') pending?.ok(content.data, content.duplicate === true);
    else pending?.fail(new ClatterError(content.code, content.message));
  }
}
