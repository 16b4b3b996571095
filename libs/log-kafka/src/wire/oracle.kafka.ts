import { createRequire } from 'node:module';

// For the tests of the wire alone: what kafkajs 2.2.4 would have sent, and what it reads.
const require = createRequire(import.meta.url);
type Request = object;
type Decoded<T> = (bytes: Buffer) => Promise<T>;
export type KafkajsMessage = {
  readonly offset: string;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer;
  readonly headers: Record<string, Buffer>;
};
type FetchAnswer = {
  readonly throttleTime: number;
  readonly errorCode: number;
  readonly sessionId: number;
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly highWatermark: string;
      readonly messages: readonly KafkajsMessage[];
    }[];
  }[];
};
type ProduceAnswer = {
  readonly clientSideThrottleTime: number;
  readonly topics: readonly {
    readonly topicName: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly baseOffset: string }[];
  }[];
};
type MetadataAnswer = {
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
};
type OffsetsAnswer = {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number; readonly offset: string }[];
  }[];
};

const of = (path: string): unknown => require(`kafkajs/src/protocol/${path}`);
const decoder = <T>(path: string): Decoded<T> => (of(`requests/${path}/response`) as { decode: Decoded<T> }).decode;

export const createRequest = of('request') as (request: { correlationId: number; clientId: string; request: Request }) => Promise<{ buffer: Buffer }>;
export const requestOf = {
  produce: of('requests/produce/v7/request') as (options: object) => Request,
  fetch: of('requests/fetch/v11/request') as (options: object) => Request,
  metadata: of('requests/metadata/v6/request') as (options: object) => Request,
  listOffsets: of('requests/listOffsets/v3/request') as (options: object) => Request,
};
export const decode = {
  produce: decoder<ProduceAnswer>('produce/v7'),
  fetch: decoder<FetchAnswer>('fetch/v11'),
  metadata: decoder<MetadataAnswer>('metadata/v6'),
  listOffsets: decoder<OffsetsAnswer>('listOffsets/v3'),
};
