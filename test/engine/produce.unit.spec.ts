import { type Command, HEADER, LIMITS } from '@clatter/contract';
import { ownerPart } from '@clatter/engine';
import { encodeCommand, makeUuid7 } from '@clatter/kernel';
import { messagingDecider } from '@clatter/messaging';
import { type EventLog, LogError, type NewRecord } from '@clatter/ports';
import { expect, it } from 'vitest';
import { Bed, COMMANDS, EVENTS } from './bed.ts';

/** What a broker takes in one produce by default (`message.max.bytes`). */
const BROKER = 1_048_588;

const bytesOf = (records: readonly NewRecord[]): number =>
  records.reduce((sum, { key, headers, value }) => sum + Buffer.byteLength(key + Object.entries(headers).flat().join('') + value), 0);

/** A group of as many members as one command can name: its record is more than twice as large as the command. */
const creation = (bed: Bed, members: readonly string[]): Command => {
  const [ref, conversation] = [bed.ref(), bed.ref()];
  return {
    id: ref,
    name: 'conversation.create',
    key: conversation,
    actor: { user: members[0] as string, session: 's', device: 'd' },
    origin: { edge: 'e', session: 's', ref },
    data: { conversation, kind: 'group', title: 'all', members },
  };
};

it('records that are larger than their commands fit the broker: forty large groups at once stop no partition', async () => {
  const bed = await new Bed().start();
  const { log } = bed.ports;
  const produces: number[] = [];
  const append: EventLog['append'] = async (topic, partition, records) => {
    if (topic === EVENTS && bytesOf(records) > BROKER) throw new LogError('fatal', 'MESSAGE_TOO_LARGE');
    if (topic === EVENTS) produces.push(records.length);
    return log.append(topic, partition, records);
  };
  const members = Array.from({ length: LIMITS.membersPerCommand.value }, (_, i) => makeUuid7(i, 0, 0.5, 0.5));
  for (let i = 0; i < 40; i++) await log.append(COMMANDS, 0, [encodeCommand(creation(bed, members))]);
  void ownerPart({ service: 'messaging', commands: COMMANDS, events: EVENTS, decider: messagingDecider(), ...bed.ports, log: { ...log, append } }).start();
  const records = () => bed.cluster.partition(EVENTS, 0).records.filter(({ headers }) => headers[HEADER.claim] === undefined);
  await bed.until('all are answered', () => records().length === 40, 200);
  expect(records().map(({ headers }) => headers[HEADER.command])).toEqual(Array.from({ length: 40 }, (_, i) => String(i)));
  expect(Math.max(...produces)).toBeGreaterThan(5); // still many in one
  expect(bed.alarms).toEqual([]);
});
