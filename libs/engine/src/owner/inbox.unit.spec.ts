import type { LogRecord } from '@clatter/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Signal } from '../signal.ts';
import { Inbox } from './inbox.ts';

const records = (from: number, count: number): LogRecord[] =>
  Array.from({ length: count }, (_, i) => ({ offset: from + i, at: 0, key: '', headers: {}, value: '' }));

describe('inbox', () => {
  it('hands every record on once, in order, whatever comes twice', () => {
    const inbox = new Inbox(new Signal());
    inbox.push(records(0, 3)); // not begun: a seek will bring it again
    inbox.begin(2);
    inbox.push(records(0, 5));
    inbox.push(records(3, 4));
    const got: number[] = [];
    for (let record = inbox.shift(); record; record = inbox.shift()) got.push(record.offset);
    expect(got).toEqual([2, 3, 4, 5, 6]);
  });

  it('limit owner.queuedEvents: stops its source beyond the limit and lets it go on at half of it; a source that heeds it is bounded', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ come: fc.integer({ min: 1, max: 9 }), take: fc.nat({ max: 12 }) }), { maxLength: 200 }), (steps) => {
        let flowing = true;
        let [next, taken] = [0, 0];
        const inbox = new Inbox(new Signal(), {
          most: 20,
          stop: () => {
            flowing = false;
            return true;
          },
          go: () => {
            flowing = true;
          },
        });
        inbox.begin(0);
        for (const { come, take } of steps) {
          if (flowing) {
            inbox.push(records(next, come));
            next += come;
          }
          expect(inbox.size).toBeLessThanOrEqual(20 + 9);
          expect(flowing || inbox.size > 10).toBe(true);
          for (let i = 0; i < take; i++) if (inbox.shift()?.offset === taken) taken++;
        }
        expect(taken + inbox.size).toBe(next);
      }),
    );
  });

  it('tries again to stop a source that could not be stopped yet; closing lets it go on', () => {
    let ready = false;
    const heard: string[] = [];
    const inbox = new Inbox(new Signal(), { most: 1, stop: () => heard.push('stop') > 0 && ready, go: () => void heard.push('go') });
    inbox.begin(0);
    inbox.push(records(0, 2));
    ready = true;
    inbox.push(records(2, 1));
    inbox.push(records(3, 1));
    inbox.close();
    expect(heard).toEqual(['stop', 'stop', 'go']);
  });
});
