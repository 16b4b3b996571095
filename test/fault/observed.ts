import type { ClientState } from '@clatter/client';
import type { ServerFrame } from '@clatter/contract';
import type { LogRecord } from '@clatter/ports';

/** A message as its sender knows it. Neither answered nor refused: its outcome is unknown. Times in ms of one clock. */
export type Sent = {
  readonly text: string;
  readonly by: string;
  readonly at: number;
  answeredAt?: number;
  answer?: { readonly conversation: string; readonly number: number; readonly seq: number };
  refused?: string;
};

/** One `event` frame as it came over a socket. `connection` counts the sockets of a client. */
export type Delivered = { readonly connection: number; readonly conversation: string; readonly rev: number; readonly seqs: readonly number[] };

/** What one client saw and holds at the end. */
export type View = {
  readonly name: string;
  readonly user: string;
  readonly delivered: readonly Delivered[];
  /** numbers of the messages that the client told its program of, per conversation, in the order it told them */
  readonly told: ReadonlyMap<string, readonly number[]>;
  readonly state: ClientState;
};

/** Everything that a run has to be judged by: the event log from its first record, per partition, and what people saw. */
export type Observed = { readonly log: readonly (readonly LogRecord[])[]; readonly sent: readonly Sent[]; readonly views: readonly View[] };

/** What an `event` frame delivered; undefined for other frames. */
export const deliveredBy = (frame: ServerFrame, connection: number): Delivered | undefined => {
  if (frame.type !== 'event') return undefined;
  const seqs = frame.events.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
  return { connection, conversation: frame.conversation, rev: frame.rev, seqs };
};
