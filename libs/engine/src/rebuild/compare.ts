import { createHash } from 'node:crypto';
import { partitionOf, physicalName } from '@clatter/kernel';
import { type Document, sleep } from '@clatter/ports';
import { canonical } from './canonical.ts';
import { RebuildError, type RebuildOptions } from './options.ts';
import { behind, type Positions, positionsOf } from './positions.ts';

export type Difference = {
  readonly collection: string;
  readonly key: string;
  readonly old: Document | undefined;
  readonly new: Document | undefined;
  /** it changed faster than it could be read: nothing is known of it */
  readonly unsettled?: true;
};

export type Comparison = {
  readonly documents: number;
  readonly different: number;
  /** the first of them */
  readonly differences: readonly Difference[];
  /** SHA-256 over all documents of each generation, in the order of the old one */
  readonly sums: { readonly old: string; readonly new: string };
};

const PAGE = 500;
const SHOWN = 20;
const TRIES = 500;
/** states of one document that are remembered of each generation */
const REMEMBERED = 64;

/**
 * Compares two generations while both are kept up to date. From a common checkpoint on, which both have passed before anything is read,
 * a document either has the same `rev` in both and must be byte-equal (canonical JSON), or one of the two has moved on beyond that
 * checkpoint: then both are read again until there is a `rev` that both were seen at. Every document is compared, none at two different states of the log.
 * @throws {RebuildError} where the new generation does not reach the common checkpoint
 */
export const compareGenerations = async (o: RebuildOptions, old: number, built: number): Promise<Comparison> => {
  const common = await positionsOf(o, old);
  await reach(o, built, common);
  const sums = { old: createHash('sha256'), new: createHash('sha256') };
  const differences: Difference[] = [];
  let documents = 0;
  let different = 0;
  let unsettled = 0;
  const take = (pair: Pair): void => {
    documents++;
    const [before, after] = [canonical(pair.old ?? null), canonical(pair.new ?? null)];
    sums.old.update(`${pair.collection}/${pair.key}=${before}\n`);
    sums.new.update(`${pair.collection}/${pair.key}=${after}\n`);
    if (before === after && !pair.unsettled) return;
    different++;
    if (pair.unsettled) unsettled++;
    if (differences.length < SHOWN) differences.push(pair);
  };
  for (const { name } of o.collections) {
    for (const [from, to] of [
      [old, built],
      [built, old],
    ] as const) {
      for await (const page of pages(o, physicalName(name, from))) {
        const others = await o.store.getMany(
          physicalName(name, to),
          page.map(({ key }) => key),
        );
        for (const [i, { key, doc }] of page.entries()) {
          const other = others[i];
          const pair = from === old ? { collection: name, key, old: doc, new: other } : { collection: name, key, old: other, new: doc };
          if (from === built && pair.old) continue; // compared already
          take(await settle(o, pair, old, built, common, unsettled < SHOWN ? TRIES : 0));
        }
      }
    }
  }
  return { documents, different, differences, sums: { old: sums.old.digest('hex'), new: sums.new.digest('hex') } };
};

type Pair = Difference;

const reach = async (o: RebuildOptions, generation: number, wanted: Positions): Promise<void> => {
  const until = o.clock.now() + o.stalledMs;
  while (behind(await positionsOf(o, generation), wanted) > 0) {
    if (o.clock.now() > until) throw new RebuildError(`generation ${generation} does not reach the position of the one that serves`);
    await sleep(o.clock, 50);
  }
};

async function* pages(o: RebuildOptions, collection: string): AsyncGenerator<readonly { readonly key: string; readonly doc: Document }[]> {
  for (let after: string | undefined; ; ) {
    const page = await o.store.scan(collection, after, PAGE);
    yield page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.key;
  }
}

const settle = async (o: RebuildOptions, pair: Pair, old: number, built: number, common: Positions, most: number): Promise<Pair> => {
  const topic = o.topicOf(pair.collection);
  const upto = partitionPosition(common, topic, pair.key);
  let { old: before, new: after } = pair;
  const [olds, news] = [new Map<number, Document>(), new Map<number, Document>()];
  for (let tries = 0; before?.rev !== after?.rev; tries++) {
    if ((before?.rev ?? -1) < upto && (after?.rev ?? -1) < upto) break; // neither has moved on: they do differ
    remember(olds, before);
    remember(news, after);
    // batches of the two end at different times: a document that never rests is hardly ever at one `rev` in both at once
    const met = [before?.rev, after?.rev].find((rev) => rev !== undefined && olds.has(rev) && news.has(rev));
    if (met !== undefined) return { ...pair, old: olds.get(met), new: news.get(met) };
    if (tries === most) return { ...pair, old: before, new: after, unsettled: true };
    await sleep(o.clock, 20);
    [before, after] = await Promise.all([
      o.store.get(physicalName(pair.collection, old), pair.key),
      o.store.get(physicalName(pair.collection, built), pair.key),
    ]);
  }
  return { ...pair, old: before, new: after };
};

const remember = (states: Map<number, Document>, doc: Document | undefined): void => {
  if (!doc || states.has(doc.rev)) return;
  states.set(doc.rev, doc);
  if (states.size > REMEMBERED) states.delete(states.keys().next().value as number);
};

/** Keys begin with what their partition is chosen by. */
const partitionPosition = (positions: Positions, topic: string, key: string): number => {
  const offsets = positions.get(topic) ?? [];
  return offsets[partitionOf(key.split('|')[0] as string, Math.max(1, offsets.length))] ?? 0;
};
