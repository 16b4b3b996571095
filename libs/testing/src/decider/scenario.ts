import assert from 'node:assert/strict';
import type { ErrorCode, Fact, JsonObject } from '@clatter/contract';
import type { Cell, Dated, Decision, Domain, Draft } from '@clatter/kernel';

/** A fact as tests write it: numbered by its place. `data` as the contract's event table has it. */
export type Happened = { readonly name: string; readonly data: object };
/** A command as tests write it. */
export type Asked = { readonly name: string; readonly user: string; readonly data: object; readonly id?: string };

export type Outcome = {
  readonly decision: Decision;
  /** It was accepted with these facts, numbered from where the conversation stood (P3). */
  thenHappened(...facts: readonly Happened[]): Outcome;
  /** … and the body of its `ok` has these fields. */
  thenAnswered(fields: JsonObject): Outcome;
  /** It was refused, and nothing happened. */
  thenRejected(code: ErrorCode): Outcome;
};

export type Scenario = {
  /** one record each; their facts happened before */
  given(...records: readonly (Happened | readonly Happened[])[]): { when(command: Asked): Outcome };
};

const AT = 1_700_000_000_000;
const ORIGIN = { edge: 'e', session: 's', ref: '' };

/**
 * given(facts).when(command).then…: a domain's rules read as they are told. Deciding sees only the cells that the command says it
 * reads; whoever looks elsewhere fails the test, since a real owner has not loaded it.
 */
export const scenario = (domain: Domain, key: string): Scenario => ({
  given: (...records) => {
    const cells = new Map<string, Cell>();
    let seq = 0;
    const number = (facts: readonly Happened[]): Fact[] => facts.map(({ name, data }) => ({ name, v: 1, seq: ++seq, data: data as JsonObject }));
    for (const record of records) {
      const draft: Draft = { ...about(key, 'somebody', '0'), outcome: 'accepted', events: number(Array.isArray(record) ? record : [record as Happened]) };
      for (const { cell, to } of domain.evolve(draft)) cells.set(cell, to(alive(cells.get(cell))));
    }
    return {
      when: ({ name, user, data, id = 'r1' }) => {
        const base = about(key, user, id);
        const command: Dated = { id, name, key, actor: base.actor, origin: base.origin, data: data as JsonObject, at: AT, offset: 7 };
        const named = new Set(domain.reads(command, (cell) => cells.get(cell)));
        const decision = domain.decide((cell) => {
          assert.ok(named.has(cell), `it reads ${cell} and does not say so`);
          return cells.get(cell);
        }, command);
        const before = seq;
        const outcome: Outcome = {
          decision,
          thenHappened: (...facts) => {
            assert.equal(decision.outcome, 'accepted', JSON.stringify(decision));
            seq = before;
            assert.deepEqual(decision.outcome === 'accepted' ? decision.events : [], number(facts));
            return outcome;
          },
          thenAnswered: (fields) => {
            assert.equal(decision.outcome, 'accepted', JSON.stringify(decision));
            const answer = decision.outcome === 'accepted' ? decision.answer : {};
            assert.deepEqual(Object.fromEntries(Object.keys(fields).map((field) => [field, answer[field]])), fields);
            return outcome;
          },
          thenRejected: (code) => {
            assert.deepEqual(decision, { outcome: 'rejected', code });
            return outcome;
          },
        };
        return outcome;
      },
    };
  },
});

const about = (key: string, user: string, id: string): Omit<Draft, 'outcome' | 'events'> => ({
  key,
  command: { offset: 0, id },
  actor: { user, session: `s-${user}`, device: `d-${user}` },
  at: AT,
  origin: { ...ORIGIN, ref: id },
});

const alive = (cell: Cell | undefined): Cell | undefined => (cell && 'gone' in cell ? undefined : cell);
