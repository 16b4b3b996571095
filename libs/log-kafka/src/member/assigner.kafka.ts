import kafkajs, { type Cluster, type PartitionAssigner } from 'kafkajs';
import { assignPartitions } from './assign.ts';

// a CommonJS package: Node sees its default export only
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const NAME = 'copartition-sticky';
const VERSION = 1;

/** What a member says of itself: the id under which it held what it holds. Under a new id the claim is void. */
export type Claim = { readonly m: string; readonly u: readonly number[] };

const claimOf = (metadata: Buffer): Claim | undefined => {
  try {
    return JSON.parse(MemberMetadata.decode(metadata)?.userData.toString() || '{}') as Claim;
  } catch {
    return undefined;
  }
};

/** Index p of every subscribed topic goes to the same member; what a member held stays with it. `onCluster` is told the consumer's cluster. */
export const copartitionSticky =
  (claim: () => Claim, onCluster: (cluster: Cluster) => void): PartitionAssigner =>
  ({ cluster }) => {
    onCluster(cluster);
    return {
      name: NAME,
      version: VERSION,
      protocol: ({ topics }) => ({ name: NAME, metadata: MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.from(JSON.stringify(claim())) }) }),
      assign: async ({ members, topics }) => {
        const counts = topics.map((topic) => cluster.findTopicPartitionMetadata(topic).length);
        const count = counts[0] ?? 0;
        if (count === 0 || counts.some((c) => c !== count))
          throw new Error(`the topics ${topics} must have the same number of partitions, they have ${counts}`);
        const claiming = members.map(({ memberId, memberMetadata }) => {
          const said = claimOf(memberMetadata);
          return { id: memberId, claims: said?.m === memberId && Array.isArray(said.u) ? said.u : [] };
        });
        return [...assignPartitions(claiming, count)].map(([memberId, units]) => ({
          memberId,
          memberAssignment: MemberAssignment.encode({
            version: VERSION,
            assignment: Object.fromEntries(topics.map((t) => [t, units])),
            userData: Buffer.alloc(0),
          }),
        }));
      },
    };
  };
