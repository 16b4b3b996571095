import { LogError } from '@clatter/ports';
import { describe, expect, it } from 'vitest';
import { appendErrorOf, readErrorOf, refusalOf } from './errors.kafka.ts';
import { Unanswered, Unsent } from './link/link.ts';

describe('what an error of an append means', () => {
  it('what was never written to a socket surely was not appended; what was may have been', () => {
    expect(appendErrorOf(new Unsent('refused')).kind).toBe('retriable');
    expect(appendErrorOf(new Unanswered('the broker closed it')).kind).toBe('ambiguous');
    expect(appendErrorOf(new RangeError('an answer that can not be read')).kind).toBe('ambiguous');
    expect(appendErrorOf(new LogError('fatal', 'credentials')).kind).toBe('fatal');
  });

  it.each([
    [6, 'retriable'], // NOT_LEADER
    [3, 'retriable'], // UNKNOWN_TOPIC_OR_PARTITION
    [19, 'retriable'], // NOT_ENOUGH_REPLICAS
    [20, 'ambiguous'], // NOT_ENOUGH_REPLICAS_AFTER_APPEND
    [7, 'ambiguous'], // REQUEST_TIMED_OUT
    [56, 'ambiguous'], // KAFKA_STORAGE_ERROR: a disk that failed may hold it
    [10, 'fatal'], // MESSAGE_TOO_LARGE
    [29, 'fatal'], // TOPIC_AUTHORIZATION_FAILED
    [-1, 'ambiguous'], // UNKNOWN_SERVER_ERROR
  ])('a refusal with code %i is %s', (error, kind) => {
    expect(refusalOf({ error, offset: -1 }).kind).toBe(kind);
  });

  it('a leader that lost its place after it had appended says at which offset: the next leader may have it', () => {
    expect(refusalOf({ error: 6, offset: 0 }).kind).toBe('ambiguous');
    expect(refusalOf({ error: 56, offset: 7 }).kind).toBe('ambiguous');
  });
});

it('an error of a reading tells what went wrong inside of what kafkajs wraps it in', () => {
  const wrapped = Object.assign(new Error('outer'), { name: 'KafkaJSNonRetriableError', cause: new Error('inner') });
  expect(readErrorOf(wrapped)).toMatchObject({ kind: 'retriable', message: 'inner' });
});
