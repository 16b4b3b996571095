import { channel } from './channels.ts';
import { answerOf, type Cell, type Change, type Dated, type Decider, type Decision, type Domain, draft, type GetCell } from './decider.ts';
import { forgettable, judge, remember, type Window, type WindowRules } from './window.ts';

const WINDOW = /^[^/]+\/window\//;

/** A forgotten window is none. */
const windowOf = (cell: Cell | undefined): Window | undefined => (cell && 'seen' in cell ? (cell as Window) : undefined);

const windowCell = (r: { readonly key: string; readonly actor: { readonly user: string; readonly device: string } }): string =>
  `${r.key}/window/${r.actor.user}/${r.actor.device}`;

/** Rules that tests switch off to see that each is needed. */
export type DeciderRules = WindowRules & { readonly dedupeRejected?: boolean; readonly windowSize?: number };

/**
 * Puts a domain behind the idempotence window: every command gives one record, a ref sent again its first answer (P2).
 * Rejections are remembered too, also in a conversation that does not exist (docs/decisions/0003).
 */
export const withWindow = (domain: Domain, rules: DeciderRules = {}): Decider => ({
  reads: (command, get) => [...new Set([windowCell(command), ...domain.reads(command, get)])],

  decide: (get, command) => {
    const base = draft(command);
    const verdict = judge(windowOf(get(windowCell(command))), command, command.at, rules);
    if (verdict.is === 'duplicate') return { ...base, outcome: 'duplicate', events: [], of: verdict.of };
    // too old stays too old; what lay too far ahead does not: a copy a moment later would act, though its sender was told that it did nothing (P2)
    if (verdict.is === 'refused')
      return { ...base, outcome: 'rejected', events: [], code: verdict.code, ...(verdict.code === 'stale_id' ? { unremembered: true as const } : {}) };
    const decision: Decision = command.refused ? { outcome: 'rejected', code: command.refused } : decideSafely(domain, get, command);
    if (decision.outcome === 'accepted') return { ...base, outcome: 'accepted', events: decision.events, answer: decision.answer };
    return { ...base, outcome: 'rejected', events: [], code: decision.code, ...(rules.dedupeRejected === false ? { unremembered: true as const } : {}) };
  },

  evolve: (record) => {
    const changes: Change[] = record.outcome === 'accepted' ? [...domain.evolve(record)] : [];
    const answer = answerOf(record);
    if (answer && record.outcome !== 'duplicate' && !record.unremembered)
      changes.push({ cell: windowCell(record), to: (w) => remember(w as Window | undefined, record.command.id, answer, record.at, rules.windowSize) });
    return changes;
  },

  forgettable: (name, cell, at) => {
    const window = WINDOW.test(name) ? windowOf(cell) : undefined;
    return window !== undefined && forgettable(window, at);
  },

  address: (record) => [...(record.outcome === 'accepted' ? domain.address(record) : []), channel.edge(record.origin.edge)],
});

const decideSafely = (domain: Domain, get: GetCell, command: Dated): Decision => {
  try {
    return domain.decide(get, command);
  } catch {
    return { outcome: 'rejected', code: 'internal' };
  }
};
