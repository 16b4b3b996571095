import { CLOSE_CODES, COMMANDS, ERROR_CODES, TOPICS, type TopicSpec } from '@clatter/contract';
import { code, table } from './table.ts';

export const errorCodes = (): string =>
  table(
    ['code', 'HTTP', 'retry', 'meaning'],
    Object.entries(ERROR_CODES).map(([name, { status, retry, meaning }]) => [code(name), String(status), retry, meaning]),
  );

export const closeCodes = (): string =>
  table(
    ['code', 'name', 'next', 'meaning'],
    Object.entries(CLOSE_CODES).map(([name, row]) => [String(row.code), code(name), row.next, row.meaning]),
  );

type Schema = {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
};

const span = (least: number | undefined, most: number | undefined, unit: string): string => {
  const top = most === Number.MAX_SAFE_INTEGER ? undefined : most;
  if (least === undefined && top === undefined) return '';
  return ` (${least ?? 0}${top === undefined ? ' or more' : ` to ${top}`}${unit})`;
};

/** A schema in words: what a reader needs to fill it in. */
const words = (schema: Schema): string => {
  if (schema.anyOf) return schema.anyOf.map(words).join(' or ');
  if (schema.const !== undefined) return code(String(schema.const));
  if (schema.type === 'array') return `list of ${words(schema.items ?? {})}${span(schema.minItems, schema.maxItems, '')}`;
  if (schema.type === 'string') return `text${span(schema.minLength, schema.maxLength, ' characters')}`;
  if (schema.type === 'integer') return `number${span(schema.minimum, schema.maximum, '')}`;
  return schema.type ?? 'anything';
};

const fields = ({ properties = {}, required = [] }: Schema): string =>
  Object.entries(properties)
    .map(([name, schema]) => `${code(required.includes(name) ? name : `${name}?`)} ${words(schema)}`)
    .join('; ');

export const commands = (): string =>
  table(
    ['command', 'data'],
    Object.entries(COMMANDS).map(([name, schema]) => [code(name), fields(schema as Schema)]),
  );

const days = (ms: number | undefined): string => (ms === undefined ? 'for ever' : ms % 86_400_000 === 0 ? `${ms / 86_400_000} d` : `${ms / 1_000} s`);

export const topicsPage = (): string =>
  [
    '# Topics',
    'Made from `libs/contract/src/topics.ts` by `npm run docs`. Every name has a prefix (`CLATTER_PREFIX`, by default `clatter.`). All topics of a service have the same number of partitions, fixed for life; a record is placed by murmur2 of its key, as the clients of Kafka do. A fenced topic carries claims and command offsets: readers pass it through the fence.',
    table(
      ['topic', 'key', 'cleanup', 'kept', 'durability', 'fenced', 'written by', 'read by'],
      Object.values<TopicSpec>(TOPICS).map((t) => [
        code(t.name),
        t.key,
        t.cleanup,
        t.cleanup === 'compact' ? 'the newest of each key' : days(t.retention),
        t.durability,
        t.fenced ? 'yes' : 'no',
        t.writer,
        t.readers,
      ]),
    ),
  ].join('\n\n');
