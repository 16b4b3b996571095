import { afterAll, beforeAll, describe } from 'vitest';
import { type LocalKafka, startLocalKafka } from '../testbed/kafka.local.ts';
import { describeOn } from '../testbed/suite.ts';
import { EAGER_CLEANER, withACompactedTopic } from './log-kafka.compacted.ts';
import { withManyPartitions } from './log-kafka.partitions.ts';
import { rebuilding } from './log-kafka.rebuild.ts';
import { withSessions } from './log-kafka.sessions.ts';
import { withATruncatedLog } from './log-kafka.truncated.ts';

// One broker for all of them. The order counts: the first one wants a broker that has not yet done anything.
await describeOn(
  ['kafka'],
  'on a real broker of our own',
  () => {
    let kafka: LocalKafka;
    beforeAll(async () => {
      kafka = await startLocalKafka(1, { properties: EAGER_CLEANER });
    });
    afterAll(() => kafka?.stop());
    describe('many partitions', () => withManyPartitions(() => kafka));
    describe('fetch sessions', () => withSessions(() => kafka));
    describe('a log that begins later', () => withATruncatedLog(() => kafka));
    describe('a compacted topic', () => withACompactedTopic(() => kafka));
    describe('a long log', () => rebuilding(() => kafka));
  },
  { own: true },
);
