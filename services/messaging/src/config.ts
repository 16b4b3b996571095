import { setting } from '@clatter/runtime';

/** Settings of messaging. */
export const messagingConfig = {
  roles: setting('list', 'CLATTER_MESSAGING_ROLES', 'what this process does: owner, projector, router, http', {
    default: ['owner', 'projector', 'router', 'http'],
  }),
};
