import { describe, expect, it } from 'vitest';
import { appendErrorOf } from './errors.kafka.ts';

const error = (name: string, more: object = {}): Error => Object.assign(new Error(name), { name, ...more });
const protocol = (type: string): Error => error('KafkaJSProtocolError', { type });
const refused = error('KafkaJSConnectionError', { code: 'ECONNREFUSED' });
const wrapped = (cause: Error): Error => error('KafkaJSNumberOfRetriesExceeded', { cause: error('KafkaJSNonRetriableError', { cause }) });

describe('what an error of an append means', () => {
  it('a broker that refuses the connection: nothing was appended, where no request had left', () => {
    expect(appendErrorOf(refused, false).kind).toBe('retriable');
    expect(appendErrorOf(wrapped(refused), false).kind).toBe('retriable');
  });

  it('the same after a request had left: its answer may have been lost', () => {
    expect(appendErrorOf(refused, true).kind).toBe('ambiguous');
    expect(appendErrorOf(wrapped(protocol('LEADER_NOT_AVAILABLE')), true).kind).toBe('ambiguous');
  });

  it("a broker's own refusal is certain, in whatever it is wrapped", () => {
    expect(appendErrorOf(wrapped(protocol('NOT_LEADER_FOR_PARTITION')), true).kind).toBe('retriable');
    expect(appendErrorOf(protocol('MESSAGE_TOO_LARGE'), true).kind).toBe('fatal');
  });

  it.each([protocol('NOT_ENOUGH_REPLICAS_AFTER_APPEND'), protocol('REQUEST_TIMED_OUT'), error('KafkaJSRequestTimeoutError'), error('anything else')])(
    '%s is ambiguous',
    (one) => {
      for (const sent of [true, false]) expect(appendErrorOf(wrapped(one), sent).kind).toBe('ambiguous');
    },
  );
});
