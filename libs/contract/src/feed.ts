/** Frames of a feed: the stream between an edge and a router of one service (design §5). */

/** topic (without prefix) -> per partition, the last offset covered; -1 = nothing yet. */
export type Watermarks = { readonly [topic: string]: readonly number[] };

export type FeedRecord = {
  readonly offset: number;
  /** ms, append time */
  readonly at: number;
  readonly key: string;
  readonly headers: { readonly [name: string]: string };
  readonly value: string;
};

export type EdgeToRouter =
  /** first frame: who, its channels, and where it stands (absent: from the router's present position) */
  | {
      readonly t: 'hello';
      readonly edge: string;
      readonly n: number;
      readonly channels: readonly string[];
      readonly watermarks?: Watermarks;
      readonly logId?: string;
    }
  | { readonly t: 'subscribe'; readonly n: number; readonly add?: readonly string[]; readonly remove?: readonly string[] };

export type RouterToEdge =
  /** the set has changed up to n; after `hello` without watermarks it tells them */
  | { readonly t: 'applied'; readonly n: number; readonly watermarks?: Watermarks; readonly logId?: string }
  /** of everything in (from, to] of this partition, these records concern you */
  | {
      readonly t: 'cover';
      readonly topic: string;
      readonly partition: number;
      readonly from: number;
      readonly to: number;
      readonly records: readonly FeedRecord[];
    }
  /** at least once a second: many empty covers in one frame, [topic, partition, from, to] */
  | { readonly t: 'covers'; readonly moves: readonly (readonly [topic: string, partition: number, from: number, to: number])[] }
  /** soft records without a position */
  | { readonly t: 'soft'; readonly topic: string; readonly records: readonly FeedRecord[] }
  /** your watermark fell out of the ring */
  | { readonly t: 'reset' };
