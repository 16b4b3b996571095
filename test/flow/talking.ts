import { directId } from '@clatter/kernel';
import { expect } from 'vitest';
import { allTexts, numbered, type Person } from './harness.ts';

/** One sends `count` messages to the other, one after the other, numbered from `first` on. */
export const talking = (from: Person, to: Person, count: number, first = 0): { readonly done: Promise<void>; acknowledged(): number; stop(): void } => {
  let acknowledged = 0;
  let most = count;
  const send = async (): Promise<void> => {
    while (acknowledged < most) {
      await from.client.send({ direct: to.user }, `m${first + acknowledged}`);
      acknowledged++;
    }
  };
  return {
    done: send(),
    acknowledged: () => acknowledged,
    stop: () => {
      most = acknowledged;
    },
  };
};

/** Both hold every message of `talking` once, in order; then they leave. */
export const complete = async ([from, to]: readonly [Person, Person], count: number): Promise<void> => {
  for (const { client } of [from, to]) {
    expect(await allTexts(client, directId(from.user, to.user), count, 60_000)).toEqual(numbered(count));
    client.close();
  }
};
