import type { EventLog } from '@clatter/ports';
import { Alarm } from './alarm.ts';

/**
 * A checkpoint, fence or cell counts only for the log that it was made from (design §2, log identity).
 * @throws {Alarm} where it is another log's: positions of one log say nothing about another
 */
export const assertSameLog = (log: Pick<EventLog, 'logId'>, what: string, doc: object | undefined): void => {
  if (!doc) return;
  const logId = 'logId' in doc ? doc.logId : '(unnamed)';
  if (logId !== log.logId) throw new Alarm(`${what} belongs to the log ${logId}, not to ${log.logId}. After a restore run \`clatter new-log\`.`);
};
