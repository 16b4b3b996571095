import { COMMANDS, type CommandName } from '@clatter/contract';
import { type Dated, type Decider, type DeciderRules, type Decision, type Domain, type GetCell, withWindow } from '@clatter/kernel';
import { Compile } from 'typebox/compile';
import { rootCell } from './cells.ts';
import { type CommandRule, cellsOf, decideBy } from './command.ts';
import { addMembers } from './conversation.addMembers.ts';
import { createDecide, createReads } from './conversation.create.ts';
import { leave } from './conversation.leave.ts';
import { removeMember } from './conversation.removeMember.ts';
import { setRole } from './conversation.setRole.ts';
import { update } from './conversation.update.ts';
import { address, evolve } from './evolve.ts';
import { sendDecide, sendReads } from './message.send.ts';

type Handler = { readonly reads: (command: Dated) => readonly string[]; readonly decide: (get: GetCell, command: Dated) => Decision };

const by = (rule: CommandRule): Handler => ({ reads: (command) => cellsOf(rule, command), decide: (get, command) => decideBy(rule, get, command) });

/** One row a command; each is one file beside this one. */
const HANDLERS: { readonly [N in CommandName]: Handler } = {
  'conversation.create': { reads: createReads, decide: createDecide },
  'conversation.update': by(update),
  'conversation.addMembers': by(addMembers),
  'conversation.removeMember': by(removeMember),
  'conversation.leave': by(leave),
  'conversation.setRole': by(setRole),
  'message.send': { reads: sendReads, decide: sendDecide },
};

// What stands in the log was validated by an edge, perhaps one of another version: what does not fit is refused, never a crash.
const VALID = Object.fromEntries(Object.entries(COMMANDS).map(([name, schema]) => [name, Compile(schema)]));

const handlerOf = (command: Dated): Handler | undefined =>
  Object.hasOwn(HANDLERS, command.name) && VALID[command.name]?.Check(command.data) ? HANDLERS[command.name as CommandName] : undefined;

export const messaging: Domain = {
  reads: (command) => handlerOf(command)?.reads(command) ?? [rootCell(command.key)],
  decide: (get, command) => handlerOf(command)?.decide(get, command) ?? { outcome: 'rejected', code: 'bad_request' },
  evolve,
  address,
};

/** What the owner of a messaging partition runs. Tests pass rules to switch single ones off. */
export const messagingDecider = (rules?: DeciderRules): Decider => withWindow(messaging, rules);
