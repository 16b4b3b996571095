import type { EventRecord } from '@clatter/contract';
import { HEADER } from '@clatter/contract';
import { type Change, type Dated, type Decider, type Draft, decodeCommand, draft, type Encoded, encodeEvent, traceId } from '@clatter/kernel';
import { type LogRecord, StoreUnavailable } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import type { Report } from '../report.ts';
import type { Cells } from './cells.ts';

/** What was decided for one command: its record, and as it will stand in the log. */
export type Decided = { readonly draft: Draft; readonly changes: readonly Change[]; readonly encoded: Encoded };

/**
 * Decides commands in order and applies each at once in memory, so that the next one sees it.
 * A command that can't be decoded is skipped: it can have come from no edge, and nobody waits for its answer.
 */
export const decideBatch = async (commands: readonly LogRecord[], decider: Decider, cells: Cells, epoch: number, report: Report): Promise<Decided[]> => {
  const dated = commands.flatMap((record) => decode(record, report));
  await prefetch(
    dated.map(([command]) => command),
    decider,
    cells,
  );
  const decided: Decided[] = [];
  for (const [command, trace] of dated) {
    await loadFor(command, decider, cells);
    const [made, changes] = await decideOne(command, decider, cells, report);
    if (made.events.length === 0 && decider.skipEmpty) continue;
    const record: EventRecord = { epoch, ...made };
    report.log.debug({ trace: traceId(trace), command: command.name, key: command.key, offset: command.offset, outcome: made.outcome }, 'decided');
    decided.push({ draft: made, changes, encoded: encodeEvent(record, decider.address(made), trace) });
  }
  return decided;
};

const decode = (record: LogRecord, report: Report): [Dated, string | undefined][] => {
  try {
    return [[{ ...decodeCommand(record.value), at: record.at, offset: record.offset }, record.headers[HEADER.trace]]];
  } catch (error) {
    report.log.error({ offset: record.offset, error }, 'a command could not be decoded');
    return [];
  }
};

const decideOne = async (command: Dated, decider: Decider, cells: Cells, report: Report): Promise<[Draft, readonly Change[]]> => {
  try {
    return await applied(decider.decide(cells.get, command), decider, cells);
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof Alarm) throw error;
    report.log.error({ command: command.name, key: command.key, offset: command.offset, error }, 'a command could not be decided');
    return applied({ ...draft(command), outcome: 'rejected', code: 'internal', events: [] }, decider, cells);
  }
};

/** Applies what was decided: all of it or, where a step throws, nothing. */
const applied = async (decided: Draft, decider: Decider, cells: Cells): Promise<[Draft, readonly Change[]]> => {
  const changes = decider.evolve(decided);
  await cells.load(changes.map((change) => change.cell)); // a step may touch what deciding did not read
  cells.apply(changes);
  return [decided, changes];
};

/** One round trip for what the whole batch reads, and one more for what only the loaded cells reveal. */
const prefetch = async (commands: readonly Dated[], decider: Decider, cells: Cells): Promise<void> => {
  for (let round = 0; round < 2; round++) await cells.load(commands.flatMap((command) => readsOf(command, decider, cells)));
};

const loadFor = async (command: Dated, decider: Decider, cells: Cells): Promise<void> => {
  for (let round = 0; round < 8; round++) {
    const missing = readsOf(command, decider, cells).filter((name) => !cells.has(name));
    if (missing.length === 0) return;
    await cells.load(missing);
  }
};

const readsOf = (command: Dated, decider: Decider, cells: Cells): readonly string[] => {
  try {
    return decider.reads(command, cells.get);
  } catch {
    return []; // decide will say what is wrong
  }
};
