import { type ClientFrameOf, ERROR_CODES, type ErrorCode, type EventRecord } from '@clatter/contract';
import { answerOf, type Draft, nextHop, partitionOf } from '@clatter/kernel';
import type { Core } from '../core.ts';
import { asError, type CommandQueue } from '../outbound/commandQueue.ts';
import { resolve, validate } from '../outbound/resolve.ts';
import type { Session } from '../socket/session.ts';
import { frame } from '../socket/writer.ts';

const COMMANDS_TOPIC = 'messaging.commands';

/** Who sends a command and hears its answer: a session, or an HTTP request. */
export type Sender = { readonly id: string; readonly user: string; readonly session: string; readonly device: string };
export type Fail = (code: ErrorCode, message: string, after?: number) => void;

/** Validates, resolves and queues a command; the answer comes from the log. */
export const publish = async (
  core: Core,
  queue: CommandQueue,
  sender: Sender,
  ref: string,
  name: string,
  data: unknown,
  trace: string | undefined,
  fail: Fail,
): Promise<void> => {
  try {
    const { log, ids } = core.deps;
    const valid = validate(name, data, sender.user);
    const needed = valid.data.members !== undefined || valid.data.direct !== undefined;
    const resolved = needed ? await resolve(core, valid.key, valid.data) : { key: valid.key, data: data as Draft['events'][0]['data'] };
    if (resolved.refused && core.rules.refusedInLog === false) return fail(resolved.refused, 'Something it names does not exist.');
    queue.add(
      partitionOf(resolved.key, log.partitions(COMMANDS_TOPIC)),
      {
        id: ref,
        name,
        key: resolved.key,
        actor: { user: sender.user, session: sender.session, device: sender.device },
        origin: { edge: core.instance, session: sender.id, ref },
        data: resolved.data,
        ...(resolved.refused ? { refused: resolved.refused } : {}),
      },
      nextHop(trace, () => ids.random()),
      fail,
    );
  } catch (cause) {
    const error = asError(cause);
    if (error.code === 'internal') core.deps.report.log.error({ error: cause, name }, 'a command could not be published');
    fail(error.code === 'internal' ? 'unavailable' : error.code, error.message);
  }
};

/**
 * At most 32 unanswered: the same ref again counts once. What the edge itself refuses for a passing reason says `same`: an earlier copy of
 * this ref may stand in the log already (docs/decisions/0002).
 */
export const onCommand = (core: Core, queue: CommandQueue, session: Session, { ref, name, data }: ClientFrameOf<'command'>): void => {
  const fail: Fail = (code, message, after) => {
    session.unanswered.delete(ref);
    core.send(
      session,
      frame({ type: 'error', ref, code, message, retry: ERROR_CODES[code].retry === 'never' ? 'never' : 'same', ...(after === undefined ? {} : { after }) }),
    );
  };
  if (!session.unanswered.has(ref) && session.unanswered.size >= core.settings.inFlight) return fail('rate_limited', 'Too many unanswered commands.', 1_000);
  session.unanswered.add(ref);
  core.deps.report.metrics.count('clatter_edge_commands_total', { name });
  void publish(core, queue, session, ref, name, data, undefined, fail);
};

/** The answer as it stands in the log: accepted, rejected, or the first one again. */
export const answerFrame = (record: EventRecord) => {
  const ref = record.origin.ref;
  const answer = answerOf(record as Draft) ?? { outcome: 'rejected' as const, code: 'internal' as const };
  if (answer.outcome === 'accepted')
    return { type: 'ok' as const, ref, data: answer.data, ...(record.outcome === 'duplicate' ? { duplicate: true as const } : {}) };
  return { type: 'error' as const, ref, code: answer.code, message: ERROR_CODES[answer.code].meaning, retry: ERROR_CODES[answer.code].retry };
};
