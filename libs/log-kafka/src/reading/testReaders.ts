import { type Clock, type LogError, type LogRecord, SILENT } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { expect } from 'vitest';
import { Pace } from '../pace.ts';
import type { Reading } from './readable.ts';
import { SharedReading } from './shared.ts';
import { TestBrokers } from './testBrokers.ts';

export const NODES = 2;
export const NAMES = ['a/0', 'a/1', 'a/2', 'b/0', 'b/1', 'b/2'];

/** One reader and what it must be handed next. */
export class Subject {
  readonly name: string;
  readonly reading: Reading;
  readonly failures: LogError[] = [];
  expected: number;
  state: 'reading' | 'paused' | 'ended' = 'reading';
  handed = 0;

  constructor(shared: SharedReading, name: string, from: number, { refuses = (): boolean => false, patience = 0, fails = false, dense = true } = {}) {
    this.name = name;
    this.expected = from;
    const [topic = '', partition] = name.split('/');
    const take = (records: readonly LogRecord[], next: number): boolean => {
      expect(this.state).toBe('reading');
      if (refuses()) return false;
      for (const { offset, value } of records) {
        if (dense) expect(offset).toBe(this.expected);
        else expect(offset).toBeGreaterThanOrEqual(this.expected);
        this.expected = offset + 1;
        expect(value).toBe(String(offset));
      }
      expect(next).toBe(this.expected);
      this.handed += records.length;
      return true;
    };
    const failed = (error: LogError): void => {
      if (!fails) expect.unreachable(error.message);
      this.failures.push(error);
      this.state = 'ended';
    };
    this.reading = shared.read({ topic, partition: Number(partition), dense, patience, take, failed }, from);
    this.reading.seek(from);
  }
}

/** Brokers and what reads them, on a clock of the test. */
export const setUpOn = <C extends Clock>(clock: C, seed = 1, nodes = NODES, refusesSessions = 0.2) => {
  const random = new Random(seed);
  const brokers = new TestBrokers(clock, random, NAMES, nodes, refusesSessions);
  const startOf = async (topic: string, partition: number): Promise<number> => brokers.starts.get(`${topic}/${partition}`) ?? 0;
  const shared = new SharedReading({ brokers, clock, log: SILENT, pace: () => new Pace(2, 4), startOf });
  return { random, clock, brokers, shared };
};
