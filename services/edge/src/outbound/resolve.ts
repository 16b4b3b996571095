import { COMMANDS, type CommandName, type ErrorCode, type JsonObject, LIMITS } from '@clatter/contract';
import { ClatterError, directId } from '@clatter/kernel';
import { Compile } from 'typebox/compile';
import type { Core } from '../core.ts';
import { knownOf } from './known.ts';

/** A command ready for the log: its key, and a code where something it names is not there. */
export type Resolved = { readonly key: string; readonly data: JsonObject; readonly refused?: ErrorCode };

type Data = { readonly conversation?: string; readonly direct?: string; readonly members?: readonly string[]; readonly user?: string; readonly text?: string };

const SCHEMAS = Object.fromEntries(Object.entries(COMMANDS).map(([name, schema]) => [name, Compile(schema)]));
const KNOWN = Object.fromEntries(Object.entries(COMMANDS).map(([name, schema]) => [name, knownOf(schema)])) as {
  readonly [N in CommandName]: (data: unknown) => unknown;
};

const utf8 = new TextEncoder();

/** Shape and size, which no state can change. @throws {ClatterError} bad_request | too_large */
export const validate = (name: string, data: unknown, actor: string): { readonly key: string; readonly data: Data } => {
  const schema = Object.hasOwn(SCHEMAS, name) ? SCHEMAS[name as CommandName] : undefined;
  if (!schema) throw new ClatterError('bad_request', `There is no command ${name}.`);
  if (!schema.Check(data)) throw new ClatterError('bad_request', `The data of ${name} does not fit: ${schema.Errors(data)[0]?.message ?? ''}.`);
  const given = KNOWN[name as CommandName](data) as Data; // unknown fields are ignored (protocol): none of them gets into the log
  if (!wellFormed(given)) throw new ClatterError('bad_request', 'A text holds half of a surrogate pair.');
  if (given.text !== undefined && utf8.encode(given.text).length > LIMITS.text.value)
    throw new ClatterError('too_large', `A message has at most ${LIMITS.text.value} bytes.`);
  return { key: keyOf(given, actor), data: given };
};

/** Whether stores and clients can all keep its texts as they are: a lone surrogate has no UTF-8. */
const wellFormed = (data: object): boolean => Object.values(data).every((value) => typeof value !== 'string' || value.isWellFormed());

const keyOf = ({ conversation, direct }: Data, actor: string): string => {
  if ((conversation === undefined) === (direct === undefined)) throw new ClatterError('bad_request', 'Name a conversation or a user, not both.');
  if (direct === undefined) return conversation as string;
  if (direct === actor) throw new ClatterError('bad_request', 'A direct conversation has two people.');
  return directId(actor, direct);
};

/** Whether it names users, who must exist. */
export const needsLookUp = ({ members, direct }: Data): boolean => (members?.length ?? 0) > 0 || direct !== undefined;

/** What needs another service's data is looked up here and put into the command; a failure goes into the log too, so that an honest retry gets its first answer. */
export const resolve = async (core: Core, key: string, data: Data): Promise<Resolved> => {
  const named = [...(data.members ?? []), ...(data.direct === undefined ? [] : [data.direct])];
  const unknown = named.length === 0 ? [] : await core.deps.accounts.unknown(named);
  const { direct: _, ...rest } = data;
  const resolved: Resolved = { key, data: { ...rest, conversation: key } as JsonObject };
  return unknown.length > 0 ? { ...resolved, refused: 'not_found' } : resolved;
};
