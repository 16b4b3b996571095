import { Reader, type Writer } from './bytes.ts';
import type { Api } from './frames.ts';

export const METADATA: Api = { apiKey: 3, version: 6, apiName: 'Metadata' };

export type Address = { readonly host: string; readonly port: number };
/** Which brokers there are, how many partitions each topic has, and who leads what. A partition without a leader now is left out of `leaders`. */
export type Metadata = {
  readonly nodes: ReadonlyMap<number, Address>;
  readonly partitions: ReadonlyMap<string, number>;
  readonly leaders: ReadonlyMap<string, number>;
};

/** Body of Metadata v6; topics that do not exist are not made. */
export const writeMetadata = (to: Writer, topics: readonly string[]): void => {
  to.int32(topics.length);
  for (const topic of topics) to.string(topic);
  to.int8(0);
};

/** Reads the answer to Metadata v6. @throws {RangeError} where it is cut */
export const readMetadata = (payload: Buffer): Metadata => {
  const from = new Reader(payload);
  from.skip(4); // a request without a quota is not throttled
  const nodes = new Map<number, Address>();
  for (let n = from.int32(); n > 0; n--) {
    const node = from.int32();
    nodes.set(node, { host: from.string(), port: from.int32() });
    from.string(); // rack
  }
  from.string(); // id of the cluster
  from.skip(4); // controller
  const counts = new Map<string, number>();
  const leaders = new Map<string, number>();
  for (let topics = from.int32(); topics > 0; topics--) {
    from.skip(2); // a topic that is not known has no partitions
    const topic = from.string();
    from.skip(1); // internal
    const count = from.int32();
    counts.set(topic, count);
    for (let partitions = count; partitions > 0; partitions--) {
      from.skip(2); // an error is either no leader, or a replica that is away
      const partition = from.int32();
      const leader = from.int32();
      for (let lists = 3; lists > 0; lists--) from.skip(4 * Math.max(0, from.int32())); // replicas, in sync, offline
      if (leader >= 0) leaders.set(`${topic}/${partition}`, leader);
    }
  }
  return { nodes, partitions: counts, leaders };
};
