import type { GroupHandler, Membership, Part } from '@clatter/ports';
import { Alarm } from '../alarm.ts';
import { measureLag } from '../lag.ts';
import { fenceCollection, stateCollection } from '../names.ts';
import { OWNER_DEFAULTS, type OwnerSettings } from '../settings.ts';
import { ownerFence } from './fence.ts';
import type { OwnerOptions } from './options.ts';
import { PartitionOwner } from './partition.ts';

/** The owner role of a service: the single writer of the partitions that its group gives it. */
export const ownerPart = (options: OwnerOptions): Part => {
  const settings: OwnerSettings = { ...OWNER_DEFAULTS, ...options.settings };
  const { commands, events, service, log, store, report } = options;
  const owners = new Map<number, PartitionOwner>();
  let membership: Membership | undefined;
  let failure: string | undefined;
  let joined: Promise<unknown> = Promise.resolve();
  const member = (): Membership => {
    if (!membership) throw new Error('not joined yet');
    return membership;
  };

  const fail = (error: Error): void => {
    failure = error.message;
    report.log.error({ service, error }, 'ALARM: the owner can not go on');
  };

  const handler: GroupHandler = {
    async assigned(partition) {
      await owners.get(partition)?.stop(false); // a group that asks again could not begin what it was told the first time
      const owner = new PartitionOwner(options, settings, partition, member, (why) => (failure = why));
      const from = await owner.prepare().catch((error: unknown) => {
        if (error instanceof Alarm) fail(error);
        throw error;
      });
      owners.set(partition, owner);
      owner.run(joined);
      return { [events]: from, [commands]: 'paused' };
    },
    async revoked(partition, why) {
      const owner = owners.get(partition);
      owners.delete(partition);
      await owner?.stop(why === 'rebalance');
    },
    records(topic, partition, records) {
      const owner = owners.get(partition);
      if (topic === events) owner?.event(records);
      else owner?.command(records);
    },
    failed: fail,
  };

  const stopMeasuring = measureLag(options, 'owner', () =>
    [...owners].flatMap(([partition, owner]) => (owner.standing ? [{ topic: commands, partition, ...owner.standing }] : [])),
  );

  return {
    name: `${service} owner`,
    async start() {
      await store.ensure([stateCollection(service), fenceCollection(service)]);
      // a process that can not go on must not start
      for (let p = 0; p < log.partitions(events); p++) await ownerFence(options, p, settings.beyondEndMs);
      const joining = log.join({ group: `${service}.owner`, topics: [events, commands], handler });
      joined = joining;
      membership = await joining;
    },
    async stop() {
      stopMeasuring();
      await membership?.leave();
    },
    notReady: () => failure,
  };
};
