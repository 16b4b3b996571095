/** What the main thread asks of the worker that owns the log's file. Columns of one batch stand beside each other. */
export type Batch = {
  readonly t: 'append';
  readonly streams: readonly number[];
  readonly offsets: readonly number[];
  readonly ats: readonly number[];
  readonly keys: readonly string[];
  readonly headers: readonly string[];
  readonly values: readonly string[];
};

export type Ask =
  | { readonly t: 'streams'; readonly topics: readonly { readonly topic: string; readonly partitions: number }[] }
  | { readonly t: 'read'; readonly stream: number; readonly from: number; readonly limit: number }
  | { readonly t: 'offsetAt'; readonly stream: number; readonly time: number }
  | { readonly t: 'trim'; readonly stream: number; readonly before: number; readonly most: number }
  | { readonly t: 'compact'; readonly stream: number; readonly below: number }
  | { readonly t: 'newLogId'; readonly logId: string }
  | { readonly t: 'close' };

export type StreamHead = {
  readonly topic: string;
  readonly partition: number;
  readonly stream: number;
  readonly start: number;
  readonly next: number;
  readonly at: number;
};
export type Row = { readonly offset: number; readonly at: number; readonly key: string; readonly headers: string; readonly value: string };

export type Reply =
  | { readonly t: 'ready'; readonly logId: string }
  | { readonly t: 'committed' }
  | { readonly t: 'answer'; readonly id: number; readonly result?: unknown; readonly error?: string }
  | { readonly t: 'failed'; readonly error: string };

export type WorkerOptions = { readonly path: string; readonly logId: string };
