import { COMMANDS } from '@clatter/contract';
import Type from 'typebox';
import { expect, it } from 'vitest';
import { knownOf } from './known.ts';

it('keeps what a schema names, at every depth, and nothing else', () => {
  const known = knownOf(
    Type.Object({ a: Type.Optional(Type.String()), list: Type.Array(Type.Object({ x: Type.Number() })), names: Type.Array(Type.String()) }),
  );
  const given = JSON.parse('{"a":"1","b":2,"__proto__":{"admin":true},"constructor":3,"list":[{"x":1,"y":2},{"x":3}],"names":["n"]}') as object;
  const kept = known(given);
  expect(kept).toEqual({ a: '1', list: [{ x: 1 }, { x: 3 }], names: ['n'] });
  expect(Object.getPrototypeOf(kept)).toBe(Object.prototype);
  expect(known({ list: [], names: [] })).toEqual({ list: [], names: [] });
});

it('no command of the contract has a union of objects, which would be kept with all it holds', () => {
  const unions = (schema: unknown): string[] =>
    typeof schema !== 'object' || schema === null
      ? []
      : Object.entries(schema).flatMap(([key, value]) =>
          key === 'anyOf' && JSON.stringify(value).includes('"object"') ? [JSON.stringify(value)] : unions(value),
        );
  expect(Object.values(COMMANDS).flatMap(unions)).toEqual([]);
});
