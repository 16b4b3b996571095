import { PRESENCE_COMMANDS, type PresenceCommand, type PresenceCommandName, type PresenceFact } from '@clatter/contract';
import { channel, type Dated, type Decider, type Draft, draft, type GetCell, presenceFacts } from '@clatter/kernel';
import { Compile } from 'typebox/compile';
import { BEATS, ROOT } from './cells.ts';
import { evolve } from './evolve.ts';
import type { PresenceRules } from './rules.ts';
import { activity, closed, opened, sessionReads } from './session.ts';
import { beat, tick, tickReads } from './tick.ts';

// What stands in the log was made by an edge, perhaps of another version: what does not fit is refused, never a crash.
const VALID = Object.fromEntries(Object.entries(PRESENCE_COMMANDS).map(([name, schema]) => [name, Compile(schema)]));

/** A command with its data, once that fits the schema. */
type Valid = { [N in PresenceCommandName]: { readonly name: N; readonly data: PresenceCommand<N> } }[PresenceCommandName];

const validOf = ({ name, data }: Dated): Valid | undefined => (Object.hasOwn(VALID, name) && VALID[name]?.Check(data) ? ({ name, data } as Valid) : undefined);

const factsOf = (get: GetCell, command: Dated, rules: PresenceRules): 'noted' | readonly PresenceFact[] => {
  const valid = validOf(command);
  switch (valid?.name) {
    case 'session.opened':
      return opened(get, command, valid.data);
    case 'session.closed':
      return closed(get, command, valid.data, rules);
    case 'session.active':
      return activity(get, command, valid.data);
    case 'edge.beat':
      return beat(get, command, valid.data);
    case 'tick':
      return tick(get, command, rules);
    case undefined:
      return [];
    default:
      return valid satisfies never;
  }
};

const reads = (command: Dated, get: GetCell, rules: PresenceRules): readonly string[] => {
  if (command.name === 'tick') return tickReads(command, get, rules);
  return command.name === 'edge.beat' ? [ROOT, BEATS] : sessionReads(command);
};

/** Whoever watches these users, and the edges that are told something. */
const address = (record: Draft): readonly string[] =>
  presenceFacts(record).flatMap((fact) => {
    if (fact.name === 'presence.changed') return [channel.presence(fact.data.user)];
    return fact.name === 'edge.lost' || fact.name === 'session.replaced' ? [channel.edge(fact.data.edge)] : [];
  });

/**
 * What the owner of a presence partition runs. Leases need no idempotence window: `n` tells copies, and nobody waits for an answer.
 * Commands that change nothing leave no record. Tests pass rules to switch single ones off.
 */
export const presenceDecider = (rules: PresenceRules = {}): Decider => ({
  reads: (command, get) => reads(command, get, rules),
  decide: (get, command) => {
    const facts = factsOf(get, command, rules);
    if (facts === 'noted') return { ...draft(command), outcome: 'accepted', events: [] };
    if (facts.length === 0) return { ...draft(command), outcome: 'rejected', code: 'conflict', events: [] };
    return { ...draft(command), outcome: 'accepted', events: facts };
  },
  evolve,
  address,
  skipEmpty: true,
});
