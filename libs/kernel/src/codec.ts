import { type Claim, type Command, type EventRecord, HEADER } from '@clatter/contract';
import { joinChannels } from './channels.ts';

export type Encoded = { readonly key: string; readonly headers: { readonly [name: string]: string }; readonly value: string };

export const encodeCommand = (command: Command, trace?: string): Encoded => ({
  key: command.key,
  headers: trace ? { [HEADER.trace]: trace } : {},
  value: JSON.stringify(command),
});

/** @throws {Error} where the value is no command: the owner answers it as `internal` and goes on */
export const decodeCommand = (value: string): Command => {
  const c = JSON.parse(value) as Command;
  if (
    typeof c?.id !== 'string' ||
    typeof c.name !== 'string' ||
    typeof c.key !== 'string' ||
    typeof c.actor?.user !== 'string' ||
    typeof c.origin?.edge !== 'string'
  )
    throw new Error('not a command');
  return c;
};

export const encodeEvent = (record: EventRecord, channels: readonly string[], trace?: string): Encoded => ({
  key: record.key,
  headers: {
    [HEADER.epoch]: String(record.epoch),
    [HEADER.command]: String(record.command.offset),
    [HEADER.channels]: joinChannels(channels),
    ...(trace ? { [HEADER.trace]: trace } : {}),
  },
  value: JSON.stringify(record),
});

export const decodeEvent = (value: string): EventRecord => JSON.parse(value) as EventRecord;

export const encodeClaim = (claim: Claim): Encoded => ({
  key: '',
  headers: { [HEADER.epoch]: String(claim.epoch), [HEADER.claim]: claim.owner },
  value: JSON.stringify(claim),
});
