import { setting } from '@clatter/runtime';

/** Settings of presence. */
export const presenceConfig = {
  roles: setting('list', 'CLATTER_PRESENCE_ROLES', 'what this process does: owner, projector, router, http', {
    default: ['owner', 'projector', 'router', 'http'],
  }),
};
