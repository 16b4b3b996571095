import { LogError } from '@clatter/ports';
import { errorOfCode } from './inside.kafka.ts';
import { Unsent } from './link/link.ts';

/** Answers to a produce by which the broker says that it did not append, and that trying again may help. */
const SURELY_NOT = new Set(['NOT_LEADER_FOR_PARTITION', 'UNKNOWN_TOPIC_OR_PARTITION', 'NOT_ENOUGH_REPLICAS', 'THROTTLING_QUOTA_EXCEEDED']);
const FATAL = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'CORRUPT_MESSAGE',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_REQUIRED_ACKS',
  'UNSUPPORTED_VERSION',
]);

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** What it means that an append got no answer, or could not be sent (see `LogErrorKind`); in doubt it is ambiguous. */
export const appendErrorOf = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  return new LogError(error instanceof Unsent ? 'retriable' : 'ambiguous', messageOf(error), error);
};

/**
 * What a broker's refusal of one partition's batch means. One that names an offset was appended by a leader that lost its place while it
 * waited for its followers: the next leader may have it (Kafka's DelayedProduce answers so), so it is ambiguous whatever the code says.
 */
export const refusalOf = ({ error, offset }: { readonly error: number; readonly offset: number }): LogError => {
  const cause = errorOfCode(error);
  const kind = offset >= 0 ? 'ambiguous' : FATAL.has(cause.type) ? 'fatal' : SURELY_NOT.has(cause.type) ? 'retriable' : 'ambiguous';
  return new LogError(kind, cause.message, cause);
};

type Wrapped = { readonly name?: string; readonly cause?: unknown };
// what kafkajs wraps an error in, once per loop of retries
const WRAPPER = /^KafkaJS(NumberOfRetriesExceeded|NonRetriableError)$/;
const innermost = (error: unknown): unknown => {
  const { name = '', cause } = (error ?? {}) as Wrapped;
  return WRAPPER.test(name) && cause ? innermost(cause) : error;
};

/** What an error of a reading or an administrative call means: nothing was written, trying again may help. */
export const readErrorOf = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  return new LogError('retriable', messageOf(innermost(error)), error);
};
