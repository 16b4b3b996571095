import type { MarkRecord } from '@clatter/contract';
import { type DocChange, keyOf } from '@clatter/kernel';
import type { Sourced } from './timeline.project.ts';

/** A register: the later record counts. */
export const projectMark = ({ value }: Sourced): readonly DocChange[] => {
  const { conversation, user, number } = value as MarkRecord;
  return [{ collection: 'marks', key: keyOf.mark(conversation, user), to: () => ({ conversation, user, number }) }];
};
