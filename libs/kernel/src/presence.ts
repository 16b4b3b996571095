import type { EventRecord, PresenceFact } from '@clatter/contract';

/** The facts of a record of `presence.events`. */
export const presenceFacts = ({ events }: Pick<EventRecord, 'events'>): readonly PresenceFact[] => events as readonly unknown[] as readonly PresenceFact[];
