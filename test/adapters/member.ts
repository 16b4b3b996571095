// A member of a group as a process of its own: <brokers> <prefix> <topic> <group>. As an owner does, it claims the partitions it is
// given and appends a record of its epoch; when it wakes from a freeze it appends another one at once, before it can know what happened.
import { encodeClaim } from '@clatter/kernel';
import { durableTopic, openTestLog } from './kafkaLog.ts';
import { recordOf } from './records.ts';

const [brokers = '', prefix = '', topic = '', group = ''] = process.argv.slice(2);
const log = await openTestLog(brokers.split(','), prefix);
await log.ensureTopics([durableTopic(topic)], 2);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const led = new Map<number, number>();

process.on('SIGCONT', () => {
  for (const [p, epoch] of led) void log.append(topic, p, [recordOf(epoch, 1_000, 'woken')]).then((offset) => say(`woken ${p} ${offset}`));
});

await log.join({
  group,
  topics: [topic],
  handler: {
    assigned: async (p) => {
      const epoch = Date.now();
      await log.append(topic, p, [encodeClaim({ epoch, owner: 'child' })]);
      const offset = await log.append(topic, p, [recordOf(epoch, 1, 'awake')]);
      led.set(p, epoch);
      say(`leads ${p} ${offset}`);
      return { [topic]: 'paused' };
    },
    revoked: async (p) => void led.delete(p),
    records: () => {},
    failed: (error) => say(`failed ${error.message}`),
  },
});
