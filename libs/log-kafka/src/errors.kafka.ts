import { LogError, type LogErrorKind } from '@clatter/ports';
import kafkajs from 'kafkajs';

// a CommonJS package: Node sees its default export only
const { KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } = kafkajs;

/** Answers by which the broker says that it appended nothing, and that trying again may help. */
const SURELY_NOT = new Set([
  'NOT_LEADER_FOR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'NOT_ENOUGH_REPLICAS',
  'COORDINATOR_NOT_AVAILABLE',
  'BROKER_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'KAFKA_STORAGE_ERROR',
  'THROTTLING_QUOTA_EXCEEDED',
]);
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

const innermost = (error: unknown): unknown => (error instanceof KafkaJSNumberOfRetriesExceeded && error.cause ? innermost(error.cause) : error);

/** What an error of an append means (see `LogErrorKind`); in doubt it is ambiguous. */
export const appendErrorOf = (error: unknown): LogError => {
  const cause = innermost(error);
  return new LogError(kindOf(cause), cause instanceof Error ? cause.message : String(cause), error);
};

const kindOf = (error: unknown): LogErrorKind => {
  if (error instanceof KafkaJSProtocolError) return FATAL.has(error.type) ? 'fatal' : SURELY_NOT.has(error.type) ? 'retriable' : 'ambiguous';
  const { name, code } = error as { name?: string; code?: string };
  const neverSent = name === 'KafkaJSBrokerNotFound' || name === 'KafkaJSMetadataNotLoaded' || code === 'ECONNREFUSED' || code === 'ENOTFOUND';
  return neverSent ? 'retriable' : 'ambiguous';
};

/** What an error of a reading or an administrative call means: nothing was written, trying again may help. */
export const readErrorOf = (error: unknown): LogError => {
  if (error instanceof LogError) return error;
  const cause = innermost(error);
  return new LogError('retriable', cause instanceof Error ? cause.message : String(cause), error);
};
