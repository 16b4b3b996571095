import { parseArgs } from 'node:util';

const MODES = ['bare', 'embedded', 'cluster', 'cluster-apart'] as const;
export type Mode = (typeof MODES)[number];

export type Options = {
  readonly modes: readonly Mode[];
  readonly rates: readonly number[];
  readonly seconds: number;
  readonly rooms: number;
  readonly members: readonly number[];
  readonly sessions: number;
  readonly events: number;
  readonly store: 'sqlite' | 'mongo';
  /** s for which the broker is warmed up at most; 0: not at all */
  readonly warm: number;
  /** s for which a row waits at most until the database has caught up; 0: not at all */
  readonly settle: number;
  /** messages per second that `cluster-apart` tries until one does not hold, ascending */
  readonly steps: readonly number[];
  readonly repeat: number;
  readonly json: boolean;
};

export const USAGE = `npm run bench -- [load | groups | idle | rebuild] [options]

  load    rooms of 10, open loop: latency of every delivery, CPU per message of services, broker and database (the default)
  groups  one room of 10 to 1,000 members: messages and deliveries per CPU second of the server
  idle    what sessions cost that only keep their heartbeat
  rebuild events per second of a rebuild of the read models

  --mode M[,M]     bare (a plain ws fan-out, nothing durable), embedded, cluster, cluster-apart; default: bare,embedded (load: all)
  --rate N[,N]     messages per second (load: 300,1000,2000,3000)
  --seconds N      of one measurement (load, groups: 10; idle: 60)
  --rooms N        rooms (load: 50)
  --members N[,N]  members of a room (load: 10; groups: 10,30,100,300,1000)
  --warm SECONDS   a cluster's broker is warmed up until its CPU per message is flat, at most so long; 0: not at all (60)
  --settle SECONDS load: before each row a cluster's database may catch up, at most so long; 0: not at all (60)
  --steps N[,N]    cluster-apart: rates tried for the saturation rate (1000,1500,2000,3000,4000,6000,8000,12000,16000)
  --sessions N     idle: sessions (5000)
  --events N       rebuild: events (100000)
  --store S        rebuild: sqlite or mongo (sqlite)
  --repeat N       runs of each figure; modes take turns (1)
  --json           one JSON object a line; those that are no row have a field "what"

cluster-apart (load only) finds the highest rate at which a cluster delivers everything without a growing queue, and measures at 1/10
and 1/4 of it, whatever --rate says: latency with less of the queue for the cores that all processes share. It shares the cluster of
the mode cluster where both run. Options that take a list can also be given several times.

Settings in the environment (CLATTER_…) go to the servers, before what the bench would set, and stand in each row; addresses, ports and
folders are the bench's own.
`;

const numbers = (name: string, text: string): number[] => text.split(',').map((part) => positive(name, part));

const positive = (name: string, text: string): number => {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY)) throw new Error(`--${name} takes numbers above 0, not ${text}`);
  return value;
};

const orZero = (name: string, text: string): number => (text === '0' ? 0 : positive(name, text));

const modesOf = (program: Program, text: string): Mode[] =>
  text.split(',').map((part) => {
    const mode = MODES.find((m) => m === part);
    if (!mode) throw new Error(`--mode is one of ${MODES.join(', ')}, not ${part}`);
    if (mode === 'cluster-apart' && program !== 'load') throw new Error(`--mode ${mode} belongs to load, not to ${program}`);
    return mode;
  });

const storeOf = (text: string): 'sqlite' | 'mongo' => {
  if (text !== 'sqlite' && text !== 'mongo') throw new Error(`--store is sqlite or mongo, not ${text}`);
  return text;
};

const STEPS = '1000,1500,2000,3000,4000,6000,8000,12000,16000';

/** What is run when nothing is said, by program. */
const DEFAULTS = {
  load: { mode: 'bare,embedded,cluster,cluster-apart', rate: '300,1000,2000,3000', seconds: '10', members: '10' },
  groups: { mode: 'bare,embedded', rate: '0', seconds: '10', members: '10,30,100,300,1000' },
  idle: { mode: 'embedded', rate: '0', seconds: '60', members: '10' },
  rebuild: { mode: 'embedded', rate: '0', seconds: '1', members: '10' },
} as const;
export type Program = keyof typeof DEFAULTS;

/** @throws {Error} naming the option that does not fit; `help` where it was asked for */
export const readOptions = (args: readonly string[]): { readonly program: Program | 'help'; readonly options: Options } => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      help: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      mode: { type: 'string', multiple: true },
      rate: { type: 'string', multiple: true },
      seconds: { type: 'string' },
      rooms: { type: 'string', default: '50' },
      members: { type: 'string', multiple: true },
      warm: { type: 'string', default: '60' },
      settle: { type: 'string', default: '60' },
      steps: { type: 'string', multiple: true, default: [STEPS] },
      sessions: { type: 'string', default: '5000' },
      events: { type: 'string', default: '100000' },
      store: { type: 'string', default: 'sqlite' },
      repeat: { type: 'string', default: '1' },
    },
  });
  const named = positionals[0] ?? 'load';
  if (positionals.length > 1 || !Object.hasOwn(DEFAULTS, named)) throw new Error(`There is no program ${positionals.join(' ')}.`);
  const program = named as Program;
  const otherwise = DEFAULTS[program];
  const options: Options = {
    modes: modesOf(program, values.mode?.join() ?? otherwise.mode),
    rates: values.rate === undefined && otherwise.rate === '0' ? [] : numbers('rate', values.rate?.join() ?? otherwise.rate),
    seconds: positive('seconds', values.seconds ?? otherwise.seconds),
    rooms: positive('rooms', values.rooms),
    members: numbers('members', values.members?.join() ?? otherwise.members),
    sessions: positive('sessions', values.sessions),
    events: positive('events', values.events),
    store: storeOf(values.store),
    warm: orZero('warm', values.warm),
    settle: orZero('settle', values.settle),
    steps: numbers('steps', values.steps.join()).sort((a, b) => a - b),
    repeat: positive('repeat', values.repeat),
    json: values.json,
  };
  return { program: values.help ? 'help' : program, options };
};
