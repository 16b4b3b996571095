type Kind = 'text' | 'port' | 'number' | 'flag' | 'list';
type ValueOf<K extends Kind> = K extends 'text' ? string : K extends 'flag' ? boolean : K extends 'list' ? readonly string[] : number;

/** One setting: the environment variable it comes from, its default (none = required) and what it means. */
export type Setting<K extends Kind = Kind> = {
  readonly type: K;
  readonly env: string;
  readonly default?: ValueOf<K>;
  readonly doc: string;
  /** never printed */
  readonly secret?: true;
  /** of texts: what it may be */
  readonly values?: readonly string[];
  /** of numbers */
  readonly min?: number;
  readonly max?: number;
};
export type ConfigTable = { readonly [key: string]: Setting };
export type ConfigOf<T extends ConfigTable> = { readonly [K in keyof T]: ValueOf<T[K]['type']> };

export const setting = <K extends Kind>(type: K, env: string, doc: string, more: Omit<Setting<K>, 'type' | 'env' | 'doc'> = {}): Setting<K> => ({
  type,
  env,
  doc,
  ...more,
});

export class ConfigError extends Error {
  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((p) => `  ${p}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/** Reads all settings. @throws {ConfigError} naming every problem at once */
export const loadConfig = <T extends ConfigTable>(table: T, env: Readonly<Record<string, string | undefined>>): ConfigOf<T> => {
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [key, row] of Object.entries(table)) {
    const text = env[row.env];
    if (text === undefined || text === '') {
      if (row.default === undefined) problems.push(`${row.env} is missing: ${row.doc}`);
      values[key] = row.default;
      continue;
    }
    const [value, problem] = parse(row, text);
    if (problem) problems.push(`${row.env} ${problem}`);
    values[key] = value;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return values as ConfigOf<T>;
};

const parse = (row: Setting, text: string): [unknown, string | undefined] => {
  switch (row.type) {
    case 'text':
      return [text, row.values && !row.values.includes(text) ? `is one of ${row.values.join(', ')}` : undefined];
    case 'list':
      return [
        text
          .split(',')
          .map((t) => t.trim())
          .filter(Boolean),
        undefined,
      ];
    case 'flag':
      return [text === 'true' || text === '1', ['true', 'false', '1', '0'].includes(text) ? undefined : 'is true or false'];
    case 'port': {
      const port = Number(text);
      return [port, Number.isInteger(port) && port >= 0 && port <= 65_535 ? undefined : 'is a port, 0 to 65535'];
    }
    case 'number': {
      const number = Number(text);
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = row;
      return [number, Number.isFinite(number) && number >= min && number <= max ? undefined : `is a number${rangeOf(row)}`];
    }
  }
};

const rangeOf = ({ min, max }: Setting): string => {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return `, ${min} or more`;
  return max === undefined ? '' : `, ${max} or less`;
};

/** One line a setting, secrets redacted. */
export const printConfig = <T extends ConfigTable>(table: T, values: ConfigOf<T>): string =>
  Object.entries(table)
    .map(([key, row]) => `${row.env}=${row.secret ? '(secret)' : String(values[key as keyof T])}   # ${row.doc}`)
    .join('\n');
