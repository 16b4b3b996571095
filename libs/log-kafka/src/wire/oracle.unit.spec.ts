import type { NewRecord } from '@clatter/ports';
import { Random } from '@clatter/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Writer } from './bytes.ts';
import { type Asked, FETCH, readFetched, writeFetch } from './fetch.ts';
import { type Api, frameOf } from './frames.ts';
import { LIST_OFFSETS, readListOffsets, writeListOffsets } from './listOffsets.ts';
import { METADATA, readMetadata, writeMetadata } from './metadata.ts';
import { createRequest, decode, requestOf } from './oracle.kafka.ts';
import { PRODUCE, readProduced, sizeGuess, writeProduce } from './produce.ts';
import { fetchAnswerOf, NOW, setOf } from './testWire.ts';

/** Random requests and answers of each kind; `WIRE_ROUNDS=25000` makes 100,000 requests and as many answers. */
const ROUNDS = Number(process.env.WIRE_ROUNDS ?? 300);
const CLIENT = 'clatter-edge';
/** bytes of a batch without which kafkajs can't see that it was cut; shorter ones are in wire.unit.spec.ts */
const HEAD = 17;

const LETTERS = ['a', 'Z', '0', 'ä', '字', '🙂', '\n', '"'];
const text = (random: Random, most: number): string => Array.from({ length: random.below(most) }, () => random.pick(LETTERS)).join('');
/** Mostly few and small, as they are; seldom many or large. */
const recordsOf = (random: Random): NewRecord[] =>
  Array.from({ length: 1 + random.below(random.chance(0.01) ? 300 : 4) }, () => ({
    key: text(random, 20),
    headers: Object.fromEntries(Array.from({ length: random.below(4) }, (_, i) => [`h${i}`, text(random, random.chance(0.1) ? 200 : 12)])),
    value: text(random, random.chance(0.005) ? 30_000 : 40),
  }));
const number = (random: Random, most: number): number => (random.chance(0.1) ? most : random.below(most));
const placesOf = (random: Random): Asked[] =>
  Array.from({ length: 1 + random.below(6) }, (_, i) => ({ topic: random.pick(['t', 'clatter.events']), partition: i, offset: number(random, 2 ** 53 - 1) }));
const groups = <T extends { readonly topic: string }>(all: readonly T[]): [topic: string, ofTopic: T[]][] => [...Map.groupBy(all, ({ topic }) => topic)];

const same = async (seed: number, api: Api, body: (to: Writer) => void, guess: number, request: object): Promise<void> => {
  const theirs = await createRequest({ correlationId: seed, clientId: CLIENT, request });
  expect(Buffer.compare(frameOf(api, seed, CLIENT, guess, body), theirs.buffer), `seed ${seed}`).toBe(0);
};
const each = async (round: (random: Random, seed: number) => Promise<void>): Promise<void> => {
  for (let seed = 0; seed < ROUNDS; seed++) await round(new Random(seed), seed);
};

describe('the wire, held against kafkajs', { timeout: 60_000 + ROUNDS * 20 }, () => {
  beforeEach(() => void vi.spyOn(Date, 'now').mockReturnValue(NOW));
  afterEach(() => void vi.restoreAllMocks());

  it('a produce request is byte for byte the same', () =>
    each(async (random, seed) => {
      const batches = Array.from({ length: 1 + random.below(4) }, (_, partition) => ({ topic: 'clatter.events', partition, records: recordsOf(random) }));
      const partitions = batches.map(({ partition, records }) => ({
        partition,
        firstSequence: -1,
        messages: records.map(({ key, headers, value }) => ({ key: key === '' ? null : key, headers, value })),
      }));
      const theirs = requestOf.produce({
        acks: -1,
        timeout: 9_000,
        transactionalId: null,
        compression: 0,
        topicData: [{ topic: 'clatter.events', partitions }],
      });
      const guess = batches.reduce((sum, { records }) => sum + sizeGuess(records), 0);
      await same(seed, PRODUCE, (to) => writeProduce(to, batches, 9_000, NOW), guess, theirs);
    }));

  it('a fetch request is byte for byte the same, within a session and without', () =>
    each(async (random, seed) => {
      const [asked, forgotten] = [placesOf(random), random.chance(0.5) ? placesOf(random) : []];
      const [session, epoch] = [number(random, 2 ** 31 - 1), random.pick([-1, 0, 1, 2 ** 31 - 1])];
      const ours = { maxWaitMs: number(random, 10_000), maxBytes: 1 << 22, maxBytesPerPartition: 1 << 20, session, epoch, asked, forgotten };
      const theirs = requestOf.fetch({
        replicaId: -1,
        maxWaitTime: ours.maxWaitMs,
        minBytes: 1,
        maxBytes: 1 << 22,
        isolationLevel: 0,
        sessionId: session,
        sessionEpoch: epoch,
        topics: groups(asked).map(([topic, parts]) => ({
          topic,
          partitions: parts.map(({ partition, offset }) => ({ partition, fetchOffset: offset, maxBytes: 1 << 20 })),
        })),
        forgottenTopics: groups(forgotten).map(([topic, parts]) => ({ topic, partitions: parts.map(({ partition }) => partition) })),
      });
      await same(seed, FETCH, (to) => writeFetch(to, ours), 80, theirs);
    }));

  it('a metadata and an offsets request are byte for byte the same', () =>
    each(async (random, seed) => {
      const topics = Array.from({ length: 1 + random.below(5) }, () => text(random, 30)); // kafkajs asks for all where there is none
      await same(seed, METADATA, (to) => writeMetadata(to, topics), 10, requestOf.metadata({ topics, allowAutoTopicCreation: false }));
      const places = placesOf(random);
      const timestamp = random.pick([-1, -2, number(random, 2 ** 45)]);
      const theirs = requestOf.listOffsets({
        replicaId: -1,
        isolationLevel: 0,
        topics: groups(places).map(([topic, parts]) => ({ topic, partitions: parts.map(({ partition }) => ({ partition, timestamp })) })),
      });
      await same(seed, LIST_OFFSETS, (to) => writeListOffsets(to, places, timestamp), 80, theirs);
    }));

  it('a fetch answer is read the same; a batch that was cut is left for the next fetch', () =>
    each(async (random, seed) => {
      const parts = Array.from({ length: 1 + random.below(3) }, (_, partition) => {
        const sets: Buffer[] = [];
        let base = random.below(1_000_000_000_000);
        for (let i = random.below(4); i > 0; i--) {
          const records = recordsOf(random);
          sets.push(setOf(records, base));
          base += records.length + random.below(3); // compaction leaves holes
        }
        const last = sets.at(-1);
        if (last && random.chance(0.5)) sets[sets.length - 1] = last.subarray(0, HEAD + random.below(last.length - HEAD));
        return { topic: random.pick(['t', 'u']), partition, error: random.pick([0, 0, 6, 1]), highWatermark: number(random, 2 ** 53 - 1), sets };
      });
      const answer = fetchAnswerOf(parts, seed, random.below(3));
      const ours = readFetched(answer);
      const theirs = await decode.fetch(answer);
      expect([ours.session, ours.error]).toEqual([theirs.sessionId, theirs.errorCode]);
      const flat = theirs.responses.flatMap(({ topicName, partitions }) => partitions.map((part) => ({ topicName, ...part })));
      expect(ours.parts).toHaveLength(flat.length);
      for (const [i, part] of ours.parts.entries()) {
        const { topicName, partition, errorCode, highWatermark, messages } = flat[i] as (typeof flat)[0];
        expect([part.topic, part.partition, part.error, part.highWatermark]).toEqual([topicName, partition, errorCode, Number(highWatermark)]);
        expect(part.unreadable).toBeUndefined();
        const read = messages.map((m) => ({
          offset: Number(m.offset),
          at: Number(m.timestamp),
          key: m.key?.toString() ?? '',
          value: m.value.toString(),
          headers: Object.fromEntries(Object.entries(m.headers).map(([name, value]) => [name, value.toString()])),
        }));
        expect(part.records, `seed ${seed}`).toEqual(read);
        expect(part.next).toBe(read.length > 0 ? (read.at(-1)?.offset ?? 0) + 1 : undefined);
      }
    }));

  it('answers to a produce, to a question for metadata and for offsets are read the same', () =>
    each(async (random, seed) => {
      const places = placesOf(random).map((place) => ({ ...place, error: random.pick([0, 6, -1]) }));
      const produced = new Writer(64);
      const offsets = new Writer(64);
      offsets.int32(0);
      for (const to of [produced, offsets]) {
        to.int32(places.length);
        for (const { topic, partition, error, offset } of places) {
          to.string(topic);
          to.int32(1);
          to.int32(partition);
          to.int16(error);
          if (to === offsets) to.int64(NOW);
          to.int64(offset);
          if (to === produced) for (let i = 2; i > 0; i--) to.int64(-1);
        }
      }
      produced.int32(seed);
      const { placed, throttleMs } = readProduced(produced.written);
      const theirs = await decode.produce(Buffer.from(produced.written));
      const flat = theirs.topics.flatMap(({ topicName, partitions }) => partitions.map((p) => [topicName, p.partition, p.errorCode, Number(p.baseOffset)]));
      expect([placed.map(({ topic, partition, error, offset }) => [topic, partition, error, offset]), throttleMs]).toEqual([
        flat,
        theirs.clientSideThrottleTime,
      ]);
      const found = readListOffsets(offsets.written).map(({ topic, partition, error, offset }) => [topic, partition, error, offset]);
      const listed = (await decode.listOffsets(Buffer.from(offsets.written))).responses;
      expect(found).toEqual(listed.flatMap(({ topic, partitions }) => partitions.map((p) => [topic, p.partition, p.errorCode, Number(p.offset)])));
      const metadata = metadataOf(random);
      const ours = readMetadata(metadata);
      const { brokers, topicMetadata } = await decode.metadata(metadata);
      expect([...ours.nodes]).toEqual(brokers.map(({ nodeId, host, port }) => [nodeId, { host, port }]));
      const led = topicMetadata.flatMap(({ topic, partitionMetadata }) =>
        partitionMetadata.flatMap(({ partitionId, leader }) => (leader >= 0 ? [[`${topic}/${partitionId}`, leader]] : [])),
      );
      expect([...ours.leaders]).toEqual(led);
    }));
});

const metadataOf = (random: Random): Buffer => {
  const to = new Writer(64);
  to.int32(0);
  const nodes = random.below(4);
  to.int32(nodes);
  for (let node = 0; node < nodes; node++) {
    to.int32(node);
    to.string(`host${node}`);
    to.int32(9_092 + node);
    to.string(random.chance(0.5) ? null : 'rack');
  }
  to.string(random.chance(0.5) ? null : 'cluster');
  to.int32(1);
  const topics = random.below(4);
  to.int32(topics);
  for (let t = 0; t < topics; t++) {
    to.int16(random.pick([0, 3]));
    to.string(`t${t}`);
    to.int8(0);
    const partitions = random.below(4);
    to.int32(partitions);
    for (let p = 0; p < partitions; p++) {
      to.int16(random.pick([0, 5, 9]));
      to.int32(p);
      to.int32(random.pick([-1, 0, 1, 2]));
      for (let lists = 3; lists > 0; lists--) {
        const replicas = random.below(3);
        to.int32(replicas);
        for (let r = 0; r < replicas; r++) to.int32(r);
      }
    }
  }
  return Buffer.from(to.written);
};
