import type { CommandData } from '@clatter/contract';
import { type Dated, type Decision, directUsers, type GetCell } from '@clatter/kernel';
import { memberCell, roleOf, rootCell, rootOf } from './cells.ts';
import { accepted, type Happening } from './command.ts';
import { may } from './permissions.ts';

export const sendReads = (command: Dated): readonly string[] => [rootCell(command.key), memberCell(command.key, command.actor.user)];

/** The first message of a direct conversation creates it: one record, so that it is there whole or not at all. */
export const sendDecide = (get: GetCell, command: Dated): Decision => {
  const root = rootOf(get, command.key);
  const user = command.actor.user;
  const pair = directUsers(command.key);
  if (pair && !pair.includes(user)) return { outcome: 'rejected', code: 'not_found' };
  if (!root) return pair ? answered(command, 0, 1, [...beginning(pair), sent(command, 1)]) : { outcome: 'rejected', code: 'not_found' };
  const role = roleOf(get, command.key, user);
  if (!role) return { outcome: 'rejected', code: 'not_found' };
  if (!may(command.name, root.kind, role)) return { outcome: 'rejected', code: 'forbidden' };
  const { replyTo } = command.data as CommandData<'message.send'>;
  if (replyTo !== undefined && replyTo > root.number) return { outcome: 'rejected', code: 'not_found' };
  return answered(command, root.seq, root.number + 1, [sent(command, root.number + 1)]);
};

const answered = (command: Dated, seq: number, number: number, happened: readonly Happening[]): Decision =>
  accepted(command.key, seq, happened, { number, at: command.at });

const beginning = (pair: readonly [string, string]): readonly Happening[] => [
  { name: 'conversation.created', data: { kind: 'direct' } },
  { name: 'members.added', data: { members: pair.map((user) => ({ user, role: 'member' as const })), joinedNumber: 0 } },
];

const sent = (command: Dated, number: number): Happening => {
  const { kind, text, replyTo, mentions } = command.data as CommandData<'message.send'>;
  return {
    name: 'message.sent',
    data: { number, ref: command.id, kind, text, ...(replyTo === undefined ? {} : { replyTo }), ...(mentions === undefined ? {} : { mentions }) },
  };
};
