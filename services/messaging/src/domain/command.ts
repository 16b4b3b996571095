import type { ErrorCode, JsonObject, Role, TimelineEventName, TimelineEvents } from '@clatter/contract';
import type { Dated, Decision, GetCell } from '@clatter/kernel';
import { memberCell, type Root, roleOf, rootCell, rootOf } from './cells.ts';
import { may } from './permissions.ts';

/** A fact before it is numbered. */
export type Happening = { [N in TimelineEventName]: { readonly name: N; readonly data: TimelineEvents[N] } }[TimelineEventName];

/** What a command's own file sees: the conversation exists and the actor may do it. */
export type Situation = {
  readonly command: Dated;
  readonly conversation: string;
  readonly root: Root;
  readonly role: Role;
  roleOf(user: string): Role | undefined;
};

export type CommandRule = {
  /** users whose rows the command reads, besides the actor's */
  readonly users?: (command: Dated) => readonly string[];
  readonly decide: (situation: Situation) => readonly Happening[] | ErrorCode;
};

/** Runs a rule behind the permission table. */
export const decideBy = (rule: CommandRule, get: GetCell, command: Dated): Decision => {
  const conversation = command.key;
  const root = rootOf(get, conversation);
  const role = roleOf(get, conversation, command.actor.user);
  if (!root) return { outcome: 'rejected', code: 'not_found' };
  if (!role) return { outcome: 'rejected', code: 'not_found' }; // a conversation that is not yours does not exist for you
  if (!may(command.name, root.kind, role)) return { outcome: 'rejected', code: 'forbidden' };
  const happened = rule.decide({ command, conversation, root, role, roleOf: (user) => roleOf(get, conversation, user) });
  return typeof happened === 'string' ? { outcome: 'rejected', code: happened } : accepted(conversation, root.seq, happened);
};

/** Numbers the facts from the conversation's last `seq` on (P3). */
export const accepted = (conversation: string, seq: number, happened: readonly Happening[], more: JsonObject = {}): Decision => ({
  outcome: 'accepted',
  events: happened.map(({ name, data }, i) => ({ name, v: 1, seq: seq + i + 1, data: data as JsonObject })),
  answer: { conversation, seq: seq + happened.length, ...more },
});

export const cellsOf = (rule: CommandRule, command: Dated): readonly string[] => [
  rootCell(command.key),
  memberCell(command.key, command.actor.user),
  ...(rule.users?.(command) ?? []).map((user) => memberCell(command.key, user)),
];
