import type { EventRecord } from '@clatter/contract';
import { type Encoded, encodeEvent } from '@clatter/kernel';

/** A record as an owner of this epoch appends it for the command at `command`. */
export const recordOf = (epoch: number, command: number, id: string): Encoded => {
  const record: EventRecord = {
    epoch,
    key: 'k',
    command: { offset: command, id },
    actor: { user: 'u', session: 's', device: 'd' },
    at: 0,
    origin: { edge: 'e', session: 's', ref: id },
    outcome: 'accepted',
    events: [],
  };
  return encodeEvent(record, []);
};
