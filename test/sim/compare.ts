import type { MarkRecord } from '@clatter/contract';
import { admitBatch } from '@clatter/engine';
import { NO_FENCE, physicalName, type StoredDoc } from '@clatter/kernel';
import { messagingSources } from '@clatter/messaging';
import type { LogRecord } from '@clatter/ports';
import { Violation } from '@clatter/testing';
import type { Person, World } from './world.ts';

/** The law of the client: what it holds is what a fresh sync would give (protocol §5). */
export const compareClients = (world: World, when: string): void => {
  for (const person of world.people) compareOne(world, person, when);
};

const compareOne = (world: World, { client, user, name }: Person, when: string): void => {
  const bad = (text: string): never => {
    throw new Violation('P4', `${when}: ${name} ${text}`);
  };
  const mine = new Set<string>();
  world.truth.forEach((truth, p) => {
    for (const [id, is] of truth.conversations) {
      if (!is.members.has(user)) continue;
      mine.add(id);
      const held = client.state.get(id) ?? bad(`does not hold ${id}`);
      const { head, title, memberCount } = held.doc;
      if (head.seq !== is.seq || head.number !== is.number || title !== is.title || memberCount !== is.members.size)
        bad(`holds ${id} as ${JSON.stringify(held.doc)}, the log says seq ${is.seq} number ${is.number} title ${is.title} members ${is.members.size}`);
      if (held.own.role !== is.members.get(user)) bad(`holds the role ${held.own.role} in ${id}, the log says ${is.members.get(user)}`);
      if (held.own.joinedRev !== truth.intervals(id, user).at(-1)?.from) bad(`holds the row ${JSON.stringify(held.own)} of ${id}`);
      const numbers = [...held.messages.keys()].sort((a, b) => a - b);
      for (const n of numbers)
        if (held.messages.get(n)?.text !== is.messages.get(n)?.text)
          bad(`holds message ${n} of ${id} as ${held.messages.get(n)?.text}, the log says ${is.messages.get(n)?.text}`);
      for (let n = is.number; n > Math.max(0, is.number - 2); n--) if (!held.messages.has(n)) bad(`misses message ${n} of ${is.number} in ${id}`);
      if (numbers.length > 0 && (numbers.at(-1) as number) - (numbers[0] as number) + 1 !== numbers.length) bad(`has holes in ${id}: ${numbers}`);
      for (const [who, number] of marksOf(world, p, id))
        if (held.marks.get(who)?.number !== number) bad(`holds the mark of ${who} in ${id} as ${held.marks.get(who)?.number}, the log says ${number}`);
    }
  });
  for (const id of client.state.keys()) if (!mine.has(id)) bad(`still holds ${id}`);
};

const marksOf = (world: World, partition: number, conversation: string): Map<string, number> => {
  const marks = new Map<string, number>();
  for (const { value } of world.cluster.partition('messaging.marks', partition).records) {
    const mark = JSON.parse(value) as MarkRecord;
    if (mark.conversation === conversation) marks.set(mark.user, mark.number);
  }
  return marks;
};

/** P1, P2: what was acknowledged stands in the log as it was answered; what was refused for good does not. */
export const compareAnswers = (world: World): void => {
  const texts = new Map<string, number>();
  for (const truth of world.truth)
    for (const { messages } of truth.conversations.values()) for (const { text } of messages.values()) texts.set(text, (texts.get(text) ?? 0) + 1);
  const answers = new Set(world.truth.flatMap((truth) => [...truth.accepted.values()].map((a) => JSON.stringify(a.answer))));
  for (const { name, sent } of world.people) {
    for (const { text, answer, code } of sent) {
      const times = texts.get(text) ?? 0;
      if (times > 1) throw new Violation('P2', `${text} of ${name} stands ${times} times in the log`);
      if (answer && !answers.has(JSON.stringify(answer)))
        throw new Violation('P1', `${name} was answered ${JSON.stringify(answer)}, which the log does not know`);
      if (answer && text.startsWith('m') && times !== 1) throw new Violation('P1', `${text} of ${name} was acknowledged and is lost`);
      if (code && times > 0) throw new Violation('P2', `${text} of ${name} was refused (${code}) and acted`);
      if (code === 'stale_id') throw new Violation('P2', `${name}, who kept the rules, got stale_id`);
    }
  }
};

/** P8: the read models are what the log makes of them, byte for byte. */
export const compareReadModels = (world: World, generation: number): void => {
  const rebuilt = new Map<string, StoredDoc>();
  for (const source of messagingSources) {
    for (let p = 0; p < world.profile.partitions; p++) {
      const all: readonly LogRecord[] = world.cluster.partition(source.topic, p).records;
      const { records } = admitBatch(source, NO_FENCE, all, all.length, {});
      for (const record of records) {
        for (const { collection, key, to } of source.project(record)) {
          const id = `${collection}/${key}`;
          const before = rebuilt.get(id);
          rebuilt.set(id, { ...to(before?.gone ? undefined : before, record.offset), rev: record.offset });
        }
      }
    }
  }
  const stored = (collection: string) => world.cluster.documents(collection);
  for (const collection of ['members', 'messages', 'conversations', 'marks']) {
    for (const [key, doc] of stored(physicalName(collection, generation))) {
      const wanted = rebuilt.get(`${collection}/${key}`);
      if (sorted(wanted) !== sorted(doc)) throw new Violation('P8', `${collection}/${key} is ${sorted(doc)}, rebuilt it is ${sorted(wanted)}`);
      rebuilt.delete(`${collection}/${key}`);
    }
  }
  const [missing] = [...rebuilt].filter(([, doc]) => !(doc.gone && world.rules.forgets)).map(([id]) => id);
  if (missing) throw new Violation('P8', `${missing} is missing`);
};

const sorted = (doc: object | undefined): string =>
  JSON.stringify(doc, (_key, value: unknown) =>
    value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value,
  );
