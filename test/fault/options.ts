import { parseArgs } from 'node:util';

export const USAGE = `npm run fault -- [options]

  --minutes N      how long people talk while processes are killed and frozen (3)
  --seed N         of the faults and of what people do (another one each time; it is printed)
  --people N       (8)
  --brokers 1|3    (1)

Ends with 0: every promise was kept. 1: violations. 2: used wrongly.
`;

export type FaultOptions = {
  readonly help: boolean;
  readonly seed: number | undefined;
  readonly minutes: number;
  readonly people: number;
  readonly brokers: 1 | 3;
};

/** @throws {Error} naming the option that does not fit */
export const readOptions = (args: readonly string[]): FaultOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      help: { type: 'boolean', default: false },
      seed: { type: 'string' },
      minutes: { type: 'string', default: '3' },
      people: { type: 'string', default: '8' },
      brokers: { type: 'string', default: '1' },
    },
  });
  if (values.brokers !== '1' && values.brokers !== '3') throw new Error(`--brokers is 1 or 3, not ${values.brokers}.`);
  return {
    help: values.help,
    seed: values.seed === undefined ? undefined : positive('seed', values.seed),
    minutes: positive('minutes', values.minutes),
    people: positive('people', values.people),
    brokers: values.brokers === '3' ? 3 : 1,
  };
};

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`--${name} takes a number above 0, not ${text}.`);
  return value;
};
