import { META_TOPIC } from '@clatter/contract';
import type { EventLog, Ids, LogRecord } from '@clatter/ports';

/** Key of an identity that an operator gave. */
export const RENEWED = 'logId';
/** Begins the key of one that a process gave to a new log. Each has a key of its own, so that compaction keeps the first. */
const FIRST = 'first/';

/** Returns the log's identity, and gives it one where it has none. Two that start at once may both write: the first one written counts, for all and for ever. */
export const agreedLogId = async (log: EventLog, ids: Ids): Promise<string> => {
  const known = logIdOf(await all(log));
  if (known !== undefined) return known;
  const value = newLogId(ids);
  await log.append(META_TOPIC, 0, [{ key: FIRST + value, headers: {}, value }]);
  return logIdOf(await all(log)) ?? value;
};

export const newLogId = (ids: Ids): string => ids.name().replace(/[^A-Za-z0-9_-]/g, '');

/** The last one that an operator gave; else the first that a process gave. */
export const logIdOf = (records: readonly LogRecord[]): string | undefined =>
  records.findLast(({ key }) => key === RENEWED)?.value ?? records.find(({ key }) => key.startsWith(FIRST))?.value;

const all = async (log: EventLog): Promise<readonly LogRecord[]> => {
  const { start, end } = (await log.ends(META_TOPIC))[0] ?? { start: 0, end: 0 };
  return end > start ? log.read(META_TOPIC, 0, start, end - start) : [];
};
