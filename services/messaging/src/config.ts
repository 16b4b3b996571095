import { setting } from '@clatter/runtime';

/** Settings of messaging. */
export const messagingConfig = {
  roles: setting('list', 'CLATTER_MESSAGING_ROLES', 'what this process does: owner, projector, router, http', {
    default: ['owner', 'projector', 'router', 'http'],
  }),
  partitions: setting('number', 'CLATTER_PARTITIONS', 'partitions of every topic; fixed for life', { default: 24, min: 1, max: 1_000 }),
};
