import { LogError, type LogErrorKind } from '@clatter/ports';

/** Answers to a produce by which the broker says that it appended nothing, and that trying again may help. */
const SURELY_NOT = new Set(['NOT_LEADER_FOR_PARTITION', 'NOT_ENOUGH_REPLICAS', 'KAFKA_STORAGE_ERROR', 'THROTTLING_QUOTA_EXCEEDED']);
/** Answers to other requests, by which a produce could not even begin. */
const NOT_BEGUN = new Set(['LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE', 'BROKER_NOT_AVAILABLE', 'REPLICA_NOT_AVAILABLE']);
/** No broker could be asked. */
const UNREACHED = new Set(['KafkaJSBrokerNotFound', 'KafkaJSMetadataNotLoaded', 'ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH']);
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
  'SASL_AUTHENTICATION_FAILED',
]);

type Failure = { readonly name?: string; readonly code?: string; readonly type?: string; readonly cause?: unknown };
const failureOf = (error: unknown): Failure => (error ?? {}) as Failure;

// what kafkajs wraps an error in, once per loop of retries
const WRAPPER = /^KafkaJS(NumberOfRetriesExceeded|NonRetriableError)$/;
const innermost = (error: unknown): unknown => {
  const { name = '', cause } = failureOf(error);
  return WRAPPER.test(name) && cause ? innermost(cause) : error;
};

/**
 * What an error of an append means (see `LogErrorKind`); in doubt it is ambiguous. `sent`: a produce request left meanwhile. Then
 * an error of connecting says nothing: kafkajs reports it in place of the answer that it lost.
 */
export const appendErrorOf = (error: unknown, sent: boolean): LogError => {
  const cause = innermost(error);
  return new LogError(kindOf(cause, sent), cause instanceof Error ? cause.message : String(cause), error);
};

const kindOf = (error: unknown, sent: boolean): LogErrorKind => {
  const { name = '', code = '', type = '' } = failureOf(error);
  if (name === 'KafkaJSProtocolError' && FATAL.has(type)) return 'fatal';
  if (name === 'KafkaJSProtocolError' && SURELY_NOT.has(type)) return 'retriable';
  if (sent) return 'ambiguous';
  return NOT_BEGUN.has(type) || UNREACHED.has(code) || UNREACHED.has(name) ? 'retriable' : 'ambiguous';
};

/** What an error of a reading or an administrative call means: nothing was written, trying again may help. */
export const readErrorOf = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  const cause = innermost(error);
  return new LogError('retriable', cause instanceof Error ? cause.message : String(cause), error);
};
