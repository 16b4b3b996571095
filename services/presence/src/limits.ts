import type { LimitRow } from '@clatter/contract';
import { AT_ONCE, GRACE, HOLDERS, LEASES_PER_USER, SILENCE } from './domain/cells.ts';
import { CONVERSATIONS } from './projections/presence.query.ts';

/** Every limit of presence; docs/limits.md is made of it. */
export const PRESENCE_LIMITS = {
  grace: { value: GRACE, unit: 'ms after the last connection ended', beyond: 'offline at the next tick' },
  silence: { value: SILENCE, unit: 'ms without a beat of an edge', beyond: 'its connections count no more at the next tick' },
  leases: { value: LEASES_PER_USER, unit: 'connections of a user that count', beyond: 'the oldest counts no more' },
  holders: { value: HOLDERS, unit: 'edges of one partition', beyond: 'connections of the others do not count' },
  endedAtOnce: { value: AT_ONCE, unit: 'connections and users that one tick ends', beyond: 'the others at the next tick' },
  conversations: { value: CONVERSATIONS, unit: 'conversations of a reader that are looked at', beyond: 'who shares only others is left out' },
} as const satisfies Record<string, LimitRow>;
