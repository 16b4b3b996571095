import { META_TOPIC } from '@clatter/contract';
import type { EventLog, Ids, LogRecord, NewRecord } from '@clatter/ports';
import { expect, it } from 'vitest';
import { agreedLogId, logIdOf, RENEWED } from './logId.ts';

const record = (offset: number, { key, headers, value }: NewRecord): LogRecord => ({ offset, at: 0, key, headers, value });

/** A log of one partition; `before` runs before each append, as another process may. */
const logOf = (records: LogRecord[], before: () => void = () => {}): EventLog =>
  ({
    ends: async (topic: string) => (topic === META_TOPIC ? [{ start: 0, end: records.length }] : []),
    read: async () => [...records],
    append: async (_topic: string, _partition: number, [one]: readonly NewRecord[]) => {
      before();
      return records.push(record(records.length, one as NewRecord)) - 1;
    },
  }) as unknown as EventLog;
const idsOf = (name: string): Ids => ({ random: () => 0, uuid7: () => '', name: () => name });

it('two that give a new log its identity at once agree on the first one written, and still do after a restart', async () => {
  const records: LogRecord[] = [];
  const first = await agreedLogId(
    logOf(records, () => {
      records.push(record(0, { key: 'first/b', headers: {}, value: 'b' })); // the other one was a little earlier
    }),
    idsOf('a'),
  );
  const second = await agreedLogId(logOf(records), idsOf('c'));
  expect([first, second, records.length]).toEqual(['b', 'b', 2]);
});

it('what an operator gave counts, the last one; compaction takes none away that counts', () => {
  const given = [record(0, { key: 'first/a', headers: {}, value: 'a' }), ...['x', 'y'].map((value, i) => record(i + 1, { key: RENEWED, headers: {}, value }))];
  expect(logIdOf(given)).toBe('y');
  expect(logIdOf(given.slice(2))).toBe('y');
  expect(logIdOf([])).toBeUndefined();
});
