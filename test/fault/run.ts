import type { Client } from '@clatter/client';
import { TOPICS } from '@clatter/contract';
import { openKafkaLog } from '@clatter/log-kafka';
import { type LogRecord, SILENT } from '@clatter/ports';
import { systemClock, systemIds } from '@clatter/runtime';
import { Random } from '@clatter/testing';
import { type Cluster, startCluster } from '../cluster/cluster.ts';
import { until } from '../flow/harness.ts';
import { Chaos } from './chaos.ts';
import { check, type Verdict } from './check.ts';
import { Load } from './load.ts';
import type { Observed } from './observed.ts';
import { acquaint, newDevice, newPerson, type Person } from './people.ts';
import { explain, follow, type Moment } from './timeline.ts';
import { victimsOf } from './victims.ts';

export type RunOptions = {
  readonly seed: number;
  readonly seconds: number;
  readonly people?: number;
  readonly brokers?: 1 | 3;
  readonly say: (text: string) => void;
};
export type RunResult = Verdict & {
  readonly kills: number;
  readonly freezes: number;
  readonly restarts: number /** ms */;
  readonly longestStall: number /** where its time went */;
  readonly stall: string;
};

const SESSION_TIMEOUT = 3_000;
const EVERY_MS = 300;
const REST = 120_000;
const CONVERGE = 30_000;

/** A cluster under load and faults, then at rest, then judged. Where it does not come to rest, that is a violation too. */
export const run = async ({ seed, seconds, people: count = 8, brokers = 1, say }: RunOptions): Promise<RunResult> => {
  const env = {
    CLATTER_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT),
    CLATTER_REGISTRATIONS_PER_ADDRESS: '1000',
    CLATTER_LOGINS_PER_ADDRESS: '1000',
    CLATTER_ARGON2_KIB: '1024',
    CLATTER_LOG: 'info',
  };
  const cluster = await startCluster({ env, brokers });
  if (!cluster.kafka.touchable || !cluster.mongo.touchable) {
    await cluster.stop();
    throw new Error('KAFKA_BROKERS and MONGO_URL must not be set: what is given by its address can not be killed');
  }
  try {
    return await suffer(cluster, seed, seconds, count, say);
  } finally {
    await cluster.stop();
  }
};

const suffer = async (cluster: Cluster, seed: number, seconds: number, count: number, say: (text: string) => void): Promise<RunResult> => {
  const people: Person[] = [];
  for (let i = 0; i < count; i++) people.push(await newPerson(cluster.url, `person${i}`, new Random(seed * 1_000 + i)));
  const load = new Load(people, new Random(seed + 1), EVERY_MS);
  await acquaint(people, new Random(seed + 2), (person, to) => load.say(person, to));
  const began = performance.now();
  const tell = (text: string): void => say(`${((performance.now() - began) / 1_000).toFixed(1)} s  ${text}`);
  const chaos = new Chaos({ victims: victimsOf(cluster), random: new Random(seed), sessionTimeout: SESSION_TIMEOUT, say: tell });
  const progress = setInterval(() => tell(`acknowledged ${load.acknowledged}, on their way ${load.pending}`), 10_000);
  const moments: Moment[] = [];
  follow(cluster.services, moments);
  load.start();
  try {
    await chaos.run(began + seconds * 1_000);
  } finally {
    load.stop();
    clearInterval(progress);
  }
  tell('everything runs again; coming to rest …');
  const stuck: string[] = [];
  const must = (waiting: Promise<unknown>): Promise<unknown> => waiting.catch((error: Error) => stuck.push(`stuck: ${error.message}`));
  await must(atRest(people, load));
  const log = await readLog(cluster);
  // the law of the client: what was kept through all that is what a new device is given
  const devices: Person[] = [];
  for (const [i, { name }] of (stuck.length > 0 ? [] : people).entries())
    await must(newDevice(cluster.url, name, new Random(seed * 1_000 + 500 + i)).then((device) => devices.push(device)));
  const all = [...people, ...devices];
  const verdict = await judge(all, load, log);
  verdict.violations.push(...stuck);
  if (verdict.violations.length > 0) for (const line of remains(cluster, all, load)) say(line);
  for (const { client } of all) client.close();
  const { kills, freezes, restarts, faults } = chaos;
  const { from, to } = load.longestStall;
  return { ...verdict, kills, freezes, restarts, longestStall: to - from, stall: explain({ from, to }, faults, moments) };
};

/** Judged again and again until nothing is wrong any more: what is still wrong after `CONVERGE` ms is wrong for good. */
const judge = async (people: readonly Person[], load: Load, log: Observed['log']): Promise<Verdict> => {
  for (const end = performance.now() + CONVERGE; ; ) {
    await Promise.all(people.map(({ client }) => readAll(client)));
    const views = people.map(({ name, user, delivered, told, client }, i) => ({ name: `${name}.${i}`, user, delivered, told, state: client.state }));
    const verdict = check({ log, sent: load.sent, views });
    if (verdict.violations.length === 0 || performance.now() > end) return verdict;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
};

/** Pages all history; what can't be read now is missing in the verdict, and read again. */
const readAll = async (client: Client): Promise<void> => {
  for (const id of client.state.keys()) {
    let more = true;
    while (more) more = await client.history(id, 200).catch(() => false);
  }
};

const atRest = async (people: readonly Person[], load: Load): Promise<void> => {
  await until('every message is answered', () => load.pending === 0, REST);
  for (const { name, client } of people) await until(`${name} has nothing under way`, () => client.settled, REST);
};

/** The whole event log, from offset 0. */
const readLog = async ({ kafka }: Cluster): Promise<LogRecord[][]> => {
  const { name } = TOPICS.messagingEvents;
  const log = await openKafkaLog({ brokers: kafka.brokers, clientId: 'fault', prefix: 'clatter.', clock: systemClock, ids: systemIds, log: SILENT });
  try {
    const all: LogRecord[][] = [];
    for (const [p, { end }] of (await log.ends(name)).entries()) all.push([...(await log.read(name, p, 0, end))]);
    return all;
  } finally {
    await log.close();
  }
};

/** What there is to find the cause by: where the clients stand, and what the processes said last. */
const remains = ({ services }: Cluster, people: readonly Person[], load: Load): string[] => [
  ...people.map(
    ({ name, client: { status, settled } }) =>
      `${name} is ${status.is}${status.reason ? ` (${status.reason})` : ''}${settled ? '' : ', something is under way'}`,
  ),
  ...Object.entries(
    Object.groupBy(
      load.sent.filter((s) => s.refused),
      (s) => s.refused ?? '',
    ),
  ).map(([code, list]) => `refused ${code}: ${list?.length}, first ${JSON.stringify(list?.[0])}`),
  ...services.map(({ name, server }, i) => `--- ${name} ${i}${server.running ? '' : ' (ended)'}\n${server.output.slice(-4_000)}`),
];
