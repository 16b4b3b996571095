import type { LimitRow } from '@clatter/contract';
import { ANSWER_BYTES } from './link/link.ts';
import { CATCHING_UP } from './reading/catchUp.ts';
import { MAX_BYTES } from './reading/following.ts';
import { PARTITION_BYTES } from './reading/look.ts';
import { REQUEST_BYTES, WAITING_BYTES } from './writing/writing.ts';

/** bytes of the values of one append; below a broker's default for one batch (message.max.bytes) */
export const BATCH_BYTES = 900_000;

/** Limits of the log on Kafka, for each broker where nothing else is said; docs/limits.md is made of it. */
export const KAFKA_LIMITS = {
  batchBytes: { value: BATCH_BYTES, unit: 'bytes of the values of one append', beyond: 'refused as `fatal`' },
  requestBytes: { value: REQUEST_BYTES, unit: 'bytes of one produce', beyond: 'the others wait for the next; a larger batch goes alone' },
  waitingBytes: { value: WAITING_BYTES, unit: 'bytes that wait to be sent', beyond: 'the append is refused as `retriable`: surely not appended' },
  fetchBytes: { value: MAX_BYTES, unit: 'bytes of one shared fetch', beyond: 'the others come with the next; a larger batch comes alone' },
  partitionBytes: { value: PARTITION_BYTES, unit: 'bytes of one partition in one fetch', beyond: 'the others come with the next; a larger batch comes alone' },
  catchingUp: { value: CATCHING_UP, unit: 'readers that read by themselves at once', beyond: 'the others wait for their turn' },
  answerBytes: { value: ANSWER_BYTES, unit: 'bytes of one answer of a broker', beyond: 'the connection is ended' },
} as const satisfies Readonly<Record<string, LimitRow>>;
