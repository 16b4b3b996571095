import type { LogError, LogRecord } from '@clatter/ports';

/** One reader's place in one partition. The first record it is handed after `seek` is exactly that one. */
export interface Reading {
  seek(offset: number): void;
  pause(): void;
  /** Goes on where it was paused. */
  resume(): void;
  end(): void;
  /** ms: when the log was last read there, also where nothing was new */
  heardAt(): number;
}

export type Readable = {
  /** with prefix */
  readonly topic: string;
  readonly partition: number;
  /** Not compacted: every offset has its record, and a missing one is an error. */
  readonly dense: boolean;
  /** ms that its records may be kept so that others come with them; it counts where everybody who shares the fetch has some */
  readonly patience: number;
  /** Synchronous. false = not taken: the same records come again after a while. The records are shared by all readers of the process. */
  readonly take: (records: readonly LogRecord[], next: number) => boolean;
  readonly failed: (error: LogError) => void;
};
