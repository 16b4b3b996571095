/** What was asked for is not what can be done: exit code 2. */
export class UsageError extends Error {}

export type Arguments = { readonly command: string | undefined; readonly names: readonly string[]; readonly flags: ReadonlySet<string> };

export const parseArguments = (words: readonly string[]): Arguments => {
  const flags = new Set(words.filter((word) => word.startsWith('--')));
  const [command, ...names] = words.filter((word) => !word.startsWith('--'));
  return { command, names, flags };
};

/** @throws {UsageError} naming what is not known, or not given */
export const expectOnly = ({ command, names, flags }: Arguments, known: readonly string[], wanted: number, what = ''): void => {
  for (const flag of flags) if (!known.includes(flag)) throw new UsageError(`${command} does not know ${flag}.`);
  if (names.length < wanted) throw new UsageError(`${command} needs ${what}.`);
  if (names.length > wanted) throw new UsageError(`${command} does not know what to do with ${names.slice(wanted).join(' ')}.`);
};
