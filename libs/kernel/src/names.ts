/** The id of the direct conversation of two users: `d.<smaller>.<greater>`. */
export const directId = (a: string, b: string): string => (a < b ? `d.${a}.${b}` : `d.${b}.${a}`);

/** The two users of a direct conversation's id, undefined for any other id. */
export const directUsers = (conversation: string): readonly [string, string] | undefined => {
  const [d, a, b, more] = conversation.split('.');
  return d === 'd' && a && b && more === undefined && a < b ? [a, b] : undefined;
};

/** Name of a read model's collection in a generation: rebuilt ones stand beside those that serve. */
export const physicalName = (collection: string, generation: number): string => `${collection}.g${generation}`;

/** Keys of documents: their order is the order of their parts. */
export const keyOf = {
  message: (conversation: string, number: number): string => `${conversation}|${String(number).padStart(12, '0')}`,
  member: (conversation: string, user: string): string => `${conversation}|${user}`,
  mark: (conversation: string, user: string): string => `${conversation}|${user}`,
};
