import type { Random } from '@clatter/testing';
import type { Role } from './world.ts';

/** What a host's operations (those whose name begins with `only`) take beyond their turn: with `chance` one of them takes up to `ms` more. */
type Slow = { readonly chance: number; readonly ms: number; readonly only?: string };

/** Chances per step, each of one fault. */
export type Rates = {
  readonly append: number;
  readonly move: number;
  readonly expel: number;
  readonly freeze: number;
  readonly kill: number;
  readonly drain: number;
  /** a router that hears nothing of the log while its feeds are open */
  readonly deaf: number;
  /** a process that the coordinator of its groups does not hear, while it still writes */
  readonly alone: number;
  readonly cut: number;
  /** per removal: the connection that hears of it is cut soon after */
  readonly cutOnLeft: number;
  readonly slowClient: number;
  /** a program that starts again from what it stored; a new device */
  readonly restart: number;
  readonly device: number;
};

/** The world of one run and how hard it is on it. Small worlds make rare things common. */
export type Profile = {
  readonly partitions: number;
  readonly roles: Readonly<Record<Role, number>>;
  readonly conversations: number;
  readonly commands: number;
  /** ms between two commands, at most */
  readonly burst: number;
  /** shares of the commands that change memberships, change the conversation, go to a person; the rest are messages */
  readonly membership: number;
  readonly update: number;
  readonly direct: number;
  /** share of the removals that are taken back at once */
  readonly rejoin: number;
  /** only the first person works, the others come and go */
  readonly soloist: boolean;
  /** moves and freezes are of this role only */
  readonly focus?: Role;
  readonly rates: Rates;
  readonly slow: Partial<Record<Role | 'queries', Slow>>;
  /** chance of a step between two documents of one read */
  readonly torn: number;
  /** two versions of the owner decide differently, as during an upgrade */
  readonly versions: boolean;
  /** ms between two looks of projectors at the generations; default 20,000 */
  readonly pollMs?: number;
  readonly flushMs: number;
  readonly flushEvents: number;
  readonly cellBytes: number;
  readonly ringBytes: number;
  readonly slowBytes: number;
  readonly pageLimit: number;
  /** unanswered commands of a device; refs that its window remembers */
  readonly inFlight: number;
  readonly window: number;
  /** share of the back-off that clients really wait: less makes them come back sooner */
  readonly patience: number;
  /** chance that a named user is not known for a moment */
  readonly unknown: number;
};

const NONE: Rates = {
  append: 0,
  move: 0,
  expel: 0,
  freeze: 0,
  kill: 0,
  drain: 0,
  deaf: 0,
  alone: 0,
  cut: 0,
  cutOnLeft: 0,
  slowClient: 0,
  restart: 0,
  device: 0,
};
const ROLES = { owner: 2, projector: 2, router: 2, edge: 2 };

const plain = (random: Random): Profile => ({
  partitions: 2,
  roles: ROLES,
  conversations: 3,
  commands: 45,
  burst: 200,
  membership: 0.2,
  update: 0.15,
  direct: 0.08,
  rejoin: 0.1,
  soloist: false,
  rates: NONE,
  slow: {},
  torn: random.pick([0, 0.2, 0.5]),
  versions: false,
  flushMs: 800,
  flushEvents: 6,
  cellBytes: 1_500,
  ringBytes: random.pick([1_500, 4_000, 40_000]),
  slowBytes: 1_000_000,
  pageLimit: random.pick([1, 3, 200]),
  inFlight: 2,
  window: 4,
  patience: 0.3,
  unknown: 0.1,
});

/** One person adds and removes the others as fast as can be, and writes; the others come and go. */
const soloist = (random: Random): Profile => ({
  ...plain(random),
  partitions: 1,
  roles: { owner: 1, projector: 1, router: 2, edge: random.pick([1, 2, 4]) },
  conversations: random.pick([1, 2]),
  commands: 100,
  burst: random.pick([5, 20, 50]),
  membership: random.pick([0.3, 0.6]),
  update: 0.05,
  direct: 0,
  rejoin: random.pick([0, 0.6]),
  soloist: true,
  torn: 0.5,
  pageLimit: random.pick([1, 200]),
  inFlight: 12,
  window: 24,
  patience: random.pick([0.02, 0.1]),
  rates: { ...NONE, cut: random.pick([0.008, 0.02]), cutOnLeft: random.pick([0, 0.2]) },
});

/** What each is made to show. */
export const PROFILES = {
  /** a little of everything, in every proportion */
  mixed: (random: Random): Profile => ({
    ...plain(random),
    commands: random.pick([16, 30, 45]),
    burst: random.pick([100, 500, 1_500]),
    membership: random.pick([0.1, 0.2, 0.6]),
    slow: random.chance(0.5) ? { router: { chance: 0.2, ms: 100 }, projector: { chance: 0.1, ms: 200 }, queries: { chance: 0.2, ms: 100 } } : {},
    versions: random.chance(0.3),
    slowBytes: random.pick([3_000, 1_000_000]),
    patience: random.pick([0.1, 1]),
    rates: {
      append: random.pick([0, 0.01, 0.05, 0.15]),
      move: random.pick([0, 0.002, 0.006]),
      expel: random.pick([0, 0.002, 0.006]),
      freeze: random.pick([0, 0.001, 0.004]),
      kill: random.pick([0, 0.0005, 0.002]),
      drain: random.pick([0, 0.0003]),
      deaf: random.pick([0, 0, 0.0005]),
      alone: random.pick([0, 0, 0.001]),
      cut: random.pick([0, 0.001, 0.006]),
      cutOnLeft: random.pick([0, 0, 0.1]),
      slowClient: random.pick([0, 0, 0.002]),
      restart: random.pick([0, 0.001]),
      device: random.pick([0, 0, 0.0003]),
    },
  }),

  /** several owners of one partition, late writes, zombies, an upgrade under way */
  owners: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 3, projector: 1, router: 1, edge: 1 },
    conversations: 2,
    commands: 40,
    burst: random.pick([20, 100]),
    membership: 0.4,
    direct: 0.02,
    focus: 'owner',
    versions: random.chance(0.7),
    slow: { owner: { chance: random.pick([0, 0.1, 0.3]), ms: 300 } },
    flushMs: 300,
    flushEvents: 4,
    rates: {
      ...NONE,
      append: random.pick([0, 0.1, 0.2]),
      move: 0.006,
      expel: 0.015,
      freeze: 0.006,
      kill: random.pick([0, 0.001]),
      alone: random.pick([0, 0.004]),
      cut: 0.001,
    },
  }),

  /** owners whose claims take long to arrive, and who are taken for dead meanwhile */
  claims: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 3, projector: 1, router: 1, edge: 1 },
    conversations: 1,
    commands: 30,
    burst: 100,
    focus: 'owner',
    versions: true,
    slow: { owner: { chance: 0.5, ms: random.pick([200, 800]), only: 'append' } },
    rates: { ...NONE, expel: random.pick([0.01, 0.03]), alone: random.pick([0, 0.01]), freeze: 0.004 },
  }),

  /** owners that store all the time, slowly, with little memory, and die of it */
  flush: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 3, projector: 1, router: 1, edge: 1 },
    conversations: 2,
    commands: 50,
    burst: random.pick([20, 60]),
    membership: 0.5,
    direct: 0.02,
    focus: 'owner',
    slow: { owner: { chance: random.pick([0.1, 0.3]), ms: random.pick([60, 300]) } },
    flushMs: random.pick([40, 150]),
    flushEvents: 2,
    cellBytes: random.pick([300, 900]),
    rates: { ...NONE, append: random.pick([0, 0.05]), expel: 0.006, freeze: 0.003, kill: 0.003, cut: 0.001 },
  }),

  /** several projectors of one partition, readers in between */
  projectors: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 1, projector: 3, router: 1, edge: 1 },
    conversations: 2,
    commands: 40,
    burst: random.pick([20, 150]),
    membership: 0.5,
    direct: 0.02,
    focus: 'projector',
    patience: 0.05,
    slow: { projector: { chance: random.pick([0, 0.1, 0.3]), ms: 200 }, queries: { chance: random.pick([0, 0.3]), ms: 100 } },
    rates: { ...NONE, move: 0.006, expel: 0.012, freeze: 0.006, kill: 0.001, cut: 0.006 },
  }),

  /** edges that go from router to router, which lag, die, go deaf and forget soon */
  routers: (random: Random): Profile => ({
    ...plain(random),
    partitions: random.pick([1, 2]),
    roles: { owner: 1, projector: 1, router: 3, edge: 2 },
    conversations: 2,
    commands: 40,
    burst: random.pick([30, 200]),
    membership: 0.15,
    direct: 0.02,
    focus: 'router',
    slow: { router: { chance: random.pick([0.1, 0.3]), ms: random.pick([100, 500]) } },
    ringBytes: random.pick([700, 1_500, 40_000]),
    rates: { ...NONE, expel: 0, freeze: 0.002, kill: 0.003, deaf: random.pick([0, 0.002]), cut: 0.003 },
  }),

  /** people who come, go, join and leave while routers, projectors and rows are slow */
  connect: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 1, projector: 1, router: 2, edge: random.pick([2, 4]) },
    conversations: random.pick([1, 2]),
    commands: 60,
    burst: random.pick([10, 60]),
    patience: 0.05,
    membership: random.pick([0.5, 0.8]),
    update: 0.05,
    direct: 0,
    focus: 'router',
    slow: {
      router: { chance: random.pick([0.05, 0.2, 0.4]), ms: random.pick([60, 300]) },
      projector: { chance: random.pick([0, 0.1, 0.3]), ms: random.pick([60, 300]) },
      edge: { chance: random.pick([0, 0.1]), ms: 200 },
      queries: { chance: random.pick([0, 0.2, 0.5]), ms: random.pick([60, 200]) },
    },
    rates: { ...NONE, freeze: 0.0005, kill: random.pick([0, 0.0005]), cut: random.pick([0.006, 0.015]), restart: 0.001 },
  }),

  /** what happens is long known to the read models when the edges hear of it */
  lateFeed: (random: Random): Profile => ({
    ...soloist(random),
    inFlight: 24,
    window: 48,
    patience: random.pick([0.1, 0.5, 1]),
    membership: random.pick([0.1, 0.2, 0.5]),
    rejoin: 0.8,
    rates: { ...NONE, cut: 0.01, cutOnLeft: 0.4 },
    slow: { router: { chance: random.pick([0.3, 0.6]), ms: random.pick([400, 1_000]), only: random.pick(['', 'tail']) } },
  }),

  /** what happens is long known to the edges when the read models have it */
  lateModels: (random: Random): Profile => ({
    ...soloist(random),
    slow: { projector: { chance: random.pick([0.2, 0.4]), ms: random.pick([100, 200]) }, edge: { chance: random.pick([0, 0.3]), ms: 150 } },
  }),

  /** read models are late, and it takes long to be heard by a router */
  lateBoth: (random: Random): Profile => ({
    ...soloist(random),
    roles: { owner: 1, projector: 1, router: 1, edge: 3 },
    membership: random.pick([0.3, 0.5]),
    slow: { router: { chance: 0.5, ms: 150, only: 'hop' }, projector: { chance: 0.4, ms: random.pick([200, 400]) }, edge: { chance: 0.3, ms: 150 } },
  }),

  /** who connects is added just then, on an edge that hears of that conversation for the first time */
  lateJoins: (random: Random): Profile => ({
    ...soloist(random),
    roles: { owner: 1, projector: 1, router: 1, edge: 5 },
    conversations: 1,
    membership: 0.4,
    rejoin: 0.8,
    patience: 0.02,
    slow: {
      router: { chance: 0.5, ms: random.pick([100, 300]), only: 'hop' },
      projector: { chance: 0.6, ms: 400 },
      edge: { chance: 0.3, ms: 200, only: 'range' },
    },
    rates: { ...NONE, cut: 0.01, cutOnLeft: 0.5 },
  }),

  /** memberships change while somebody reads */
  slowReads: (random: Random): Profile => ({
    ...soloist(random),
    rejoin: 0,
    slow: { queries: { chance: random.pick([0.3, 0.6]), ms: random.pick([100, 250]) } },
  }),

  /** much talk, short pages, slow reads, cuts in the middle of a sync, new devices */
  sync: (random: Random): Profile => ({
    ...plain(random),
    roles: { owner: 1, projector: 1, router: 1, edge: 2 },
    commands: 50,
    burst: random.pick([10, 60]),
    membership: random.pick([0.05, 0.3]),
    slow: { queries: { chance: random.pick([0.1, 0.4]), ms: random.pick([60, 200]) }, projector: { chance: random.pick([0, 0.1]), ms: 200 } },
    pageLimit: random.pick([1, 1, 3]),
    patience: 0.05,
    rates: { ...NONE, freeze: 0.0005, cut: random.pick([0.006, 0.012]), restart: 0.001, device: 0.0015 },
  }),

  /** clients that do not keep up */
  slow: (random: Random): Profile => ({
    ...plain(random),
    roles: { owner: 1, projector: 1, router: 1, edge: 1 },
    conversations: 2,
    commands: 50,
    burst: 20,
    membership: 0.05,
    slowBytes: random.pick([1_000, 3_000]),
    rates: { ...NONE, cut: 0.001, slowClient: 0.006 },
  }),

  /** commands that fail, come twice, come late and out of their turn */
  refs: (random: Random): Profile => ({
    ...plain(random),
    partitions: 1,
    roles: { owner: 1, projector: 1, router: 1, edge: 2 },
    conversations: 1,
    commands: 70,
    burst: random.pick([5, 30]),
    membership: random.pick([0, 0.3]),
    update: 0.05,
    direct: random.pick([0, 0.3]),
    unknown: 0.4,
    rates: { ...NONE, append: random.pick([0.1, 0.25]), kill: 0.0003, cut: random.pick([0.001, 0.006]) },
  }),
} satisfies Record<string, (random: Random) => Profile>;

export type ProfileName = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];

/** Without a wish every second seed is mixed, the others go through the rest in turn. */
export const profileOf = (seed: number): ProfileName =>
  seed % 2 === 0 ? 'mixed' : (PROFILE_NAMES[1 + (((seed - 1) / 2) % (PROFILE_NAMES.length - 1))] as ProfileName);
