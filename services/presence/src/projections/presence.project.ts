import type { EventRecord } from '@clatter/contract';
import { type DocChange, presenceFacts } from '@clatter/kernel';

/** presence: status and last seen of each user. */
export const projectPresence = ({ value }: { readonly value: unknown }): readonly DocChange[] =>
  presenceFacts(value as EventRecord).flatMap((fact) =>
    fact.name === 'presence.changed' ? [{ collection: 'presence', key: fact.data.user, to: () => fact.data }] : [],
  );
