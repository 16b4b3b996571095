import { type Command, type EventRecord, HEADER } from '@clatter/contract';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fullJitter } from './backoff.ts';
import { channel, joinChannels, splitChannels } from './channels.ts';
import { decodeCommand, decodeEvent, encodeClaim, encodeCommand, encodeEvent } from './codec.ts';
import { stampOf } from './fence.ts';
import { nextHop, traceId } from './trace.ts';

const command: Command = {
  id: 'r1',
  name: 'message.send',
  key: 'c1',
  actor: { user: 'anna', session: 's', device: 'd' },
  origin: { edge: 'e', session: 's', ref: 'r1' },
  data: { text: 'hi' },
};
const record: EventRecord = {
  epoch: 3,
  key: 'c1',
  command: { offset: 7, id: 'r1' },
  actor: command.actor,
  at: 5,
  origin: command.origin,
  outcome: 'accepted',
  events: [{ name: 'message.sent', v: 1, seq: 1, data: { text: 'hi' } }],
};
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('records', () => {
  it('a command comes back as it went, with its trace in the header', () => {
    const { key, headers, value } = encodeCommand(command, TRACE);
    expect(decodeCommand(value)).toEqual(command);
    expect([key, headers]).toEqual(['c1', { [HEADER.trace]: TRACE }]);
    expect(encodeCommand(command).headers).toEqual({});
  });

  it('what is no command throws, and nothing else', () => {
    for (const bad of ['', '{', 'null', '7', '[]', '{}', '{"id":1}', JSON.stringify({ ...command, actor: undefined })])
      expect(() => decodeCommand(bad), bad).toThrow();
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => decodeCommand(text)).toThrow();
      }),
    );
  });

  it('an event says all that fence and router need in its headers', () => {
    const { headers, value } = encodeEvent(record, ['conversation/c1', 'edge/e'], TRACE);
    expect(decodeEvent(value)).toEqual(record);
    expect(stampOf(headers)).toEqual({ epoch: 3, command: 7 });
    expect(splitChannels(headers[HEADER.channels])).toEqual(['conversation/c1', 'edge/e']);
    expect(headers[HEADER.trace]).toBe(TRACE);
    expect(stampOf(encodeClaim({ epoch: 4, owner: 'me' }).headers)).toEqual({ epoch: 4, claim: 'me' });
  });
});

it('channels hold whatever an id may be, and come back as they went', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._-]{1,40}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom('conversation', 'user', 'presence', 'edge'), id)), (list) => {
      const names = list.map(([kind, name]) => channel[kind as keyof typeof channel](name));
      expect(splitChannels(joinChannels(names))).toEqual(names);
    }),
  );
  expect(splitChannels(undefined)).toEqual([]);
});

describe('trace', () => {
  it('a hop keeps the trace and has an id of its own; what is no traceparent begins a new one', () => {
    let n = 0;
    const random = (): number => {
      n += 0.001;
      return n % 1;
    };
    const hop = nextHop(TRACE, random);
    expect(traceId(hop)).toBe('0af7651916cd43dd8448eb211c80319c');
    expect(hop).not.toBe(TRACE);
    for (const bad of [undefined, '', 'x', `${TRACE}0`, TRACE.toUpperCase(), '00-0-0-01']) {
      expect(traceId(bad)).toBeUndefined();
      expect(traceId(nextHop(bad, random)), String(bad)).toMatch(/^[0-9a-f]{32}$/);
    }
  });

  it('is a traceparent of W3C, whatever the random numbers', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 6, maxLength: 6 }), (numbers) => {
        let i = 0;
        expect(nextHop(undefined, () => numbers[i++ % 6] ?? 0)).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      }),
    );
  });
});

it('full jitter lies between nothing and what has doubled, at most 30 s (protocol §5)', () => {
  fc.assert(
    fc.property(fc.nat({ max: 2_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const wait = fullJitter(attempt, random);
      expect(wait).toBeGreaterThanOrEqual(0);
      expect(wait).toBeLessThan(Math.min(30_000, 500 * 2 ** Math.min(attempt, 20)));
    }),
  );
  expect([0, 1, 2, 9].map((attempt) => fullJitter(attempt, 0.999_999))).toEqual([499, 999, 1_999, 29_999]);
});
