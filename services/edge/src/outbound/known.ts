type Schema = { readonly type?: string; readonly properties?: Readonly<Record<string, object>>; readonly items?: object };
type Pick = (value: unknown) => unknown;

const same: Pick = (value) => value;

/** Makes what keeps of a value that fits a schema only the fields that the schema names, at every depth. Unions are kept as they are. */
export const knownOf = (schema: object): Pick => {
  const { type, properties, items }: Schema = schema;
  if (type === 'array' && items) {
    const each = knownOf(items);
    return each === same ? same : (value) => (value as readonly unknown[]).map(each);
  }
  if (type !== 'object' || !properties) return same;
  const fields = Object.entries(properties).map(([name, inner]) => [name, knownOf(inner)] as const);
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>;
    const kept: Record<string, unknown> = {};
    for (const [name, pick] of fields) if (Object.hasOwn(given, name)) kept[name] = pick(given[name]);
    return kept;
  };
};
