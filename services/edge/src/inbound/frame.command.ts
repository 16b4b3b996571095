import { type ClientFrameOf, COMMANDS, type Command, ERROR_CODES, type ErrorCode, type EventRecord, type JsonObject } from '@clatter/contract';
import { answerOf, type Draft, nextHop, partitionOf, traceId } from '@clatter/kernel';
import type { Core } from '../core.ts';
import { asError, type CommandQueue } from '../outbound/commandQueue.ts';
import { needsLookUp, type Resolved, resolve, validate } from '../outbound/resolve.ts';
import type { Session } from '../socket/session.ts';
import { frame } from '../socket/writer.ts';

const COMMANDS_TOPIC = 'messaging.commands';

/** Who sends a command and hears its answer: a session, or an HTTP request. */
export type Sender = { readonly id: string; readonly user: string; readonly session: string; readonly device: string };
export type Fail = (code: ErrorCode, message: string, after?: number) => void;

/** Validates, resolves and queues a command; the answer comes from the log. Gives a promise only where it must look something up first. */
export const publish = (
  core: Core,
  queue: CommandQueue,
  sender: Sender,
  ref: string,
  name: string,
  data: unknown,
  trace: string | undefined,
  fail: Fail,
): Promise<void> | undefined => {
  const failed = (cause: unknown): void => {
    const error = asError(cause);
    if (error.code === 'internal') core.deps.report.log.error({ error: cause, name }, 'a command could not be published');
    fail(error.code === 'internal' ? 'unavailable' : error.code, error.message);
  };
  try {
    const valid = validate(name, data, sender.user);
    const put = (resolved: Resolved): void => append(core, queue, sender, ref, name, resolved, trace, fail);
    if (!needsLookUp(valid.data)) return void put({ key: valid.key, data: valid.data as JsonObject });
    return resolve(core, valid.key, valid.data).then(put).catch(failed);
  } catch (cause) {
    failed(cause);
  }
};

const append = (
  core: Core,
  queue: CommandQueue,
  sender: Sender,
  ref: string,
  name: string,
  { key, data, refused }: Resolved,
  trace: string | undefined,
  fail: Fail,
): void => {
  if (refused && core.rules.refusedInLog === false) return fail(refused, 'Something it names does not exist.');
  const { log, ids } = core.deps;
  const actor = { user: sender.user, session: sender.session, device: sender.device };
  const origin = { edge: core.instance, session: sender.id, ref };
  const command: Command = { id: ref, name, key, actor, origin, data, ...(refused ? { refused } : {}) };
  const hop = nextHop(trace, () => ids.random());
  core.deps.report.log.debug({ trace: traceId(hop), ref, name, key }, 'a command goes to the log');
  queue.add(partitionOf(key, log.partitions(COMMANDS_TOPIC)), command, hop, fail);
};

/**
 * At most 32 unanswered: the same ref again counts once. What the edge itself refuses for a passing reason says `same`: an earlier copy of
 * this ref may stand in the log already (docs/decisions/0002).
 */
export const onCommand = (core: Core, queue: CommandQueue, session: Session, { ref, name, data, traceparent }: ClientFrameOf<'command'>): void => {
  session.unanswered ??= new Map();
  const { unanswered } = session;
  const fail: Fail = (code, message, after) => {
    unanswered.delete(ref);
    core.send(
      session,
      frame({ type: 'error', ref, code, message, retry: ERROR_CODES[code].retry === 'never' ? 'never' : 'same', ...(after === undefined ? {} : { after }) }),
    );
  };
  if (!unanswered.has(ref) && unanswered.size >= core.settings.inFlight) return fail('rate_limited', 'Too many unanswered commands.', 1_000);
  if (!unanswered.has(ref)) unanswered.set(ref, core.deps.clock.now());
  core.deps.report.metrics.count('clatter_edge_commands_total', { name: Object.hasOwn(COMMANDS, name) ? name : 'unknown' }); // a label is never the client's to choose (P7)
  inOrder(session, core.settings.inFlight, fail, () => publish(core, queue, session, ref, name, data, traceparent, fail));
};

/** A device's commands reach the log in the order it sent them: none overtakes one that is being looked up. */
const inOrder = (session: Session, most: number, fail: Fail, go: () => Promise<void> | undefined): void => {
  const before = session.sending;
  if (before && before.count >= most) return fail('rate_limited', 'Too many commands wait for a look-up.', 1_000);
  const last = before ? before.last.then(go) : go();
  if (!last) return;
  const sending = before ?? { last, count: 0 };
  sending.last = last;
  sending.count++;
  session.sending = sending;
  void last.then(() => {
    if (--sending.count === 0) session.sending = undefined;
  });
};

/** The answer as it stands in the log: accepted, rejected, or the first one again. */
export const answerFrame = (record: EventRecord) => {
  const ref = record.origin.ref;
  const answer = answerOf(record as Draft) ?? { outcome: 'rejected' as const, code: 'internal' as const };
  if (answer.outcome === 'accepted')
    return { type: 'ok' as const, ref, data: answer.data, ...(record.outcome === 'duplicate' ? { duplicate: true as const } : {}) };
  return { type: 'error' as const, ref, code: answer.code, message: ERROR_CODES[answer.code].meaning, retry: ERROR_CODES[answer.code].retry };
};
