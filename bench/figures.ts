import type { cpuFigures } from './usage.ts';

/** One run at one rate; milliseconds and seconds. `null` where this system does not tell. */
export type Measured = {
  readonly rate: number;
  readonly seconds: number;
  readonly expected: number;
  readonly delivered: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** by how much the median latency of the last third of the deliveries was above that of the first: a queue that grew */
  readonly grewMs: number;
} & Readonly<ReturnType<typeof cpuFigures>>;

export type Row = Readonly<Record<string, string | number | boolean | null>>;

/** The smallest value that at least `q` (0 … 1) of all values do not exceed (nearest rank). NaN for none. `sorted`: ascending. */
export const percentile = (sorted: ArrayLike<number>, q: number): number => {
  const rank = Math.max(1, Math.ceil(q * sorted.length - 1e-9));
  return sorted[Math.min(sorted.length, rank) - 1] ?? Number.NaN;
};

export const rounded = (value: number, digits = 1): number => Math.round(value * 10 ** digits) / 10 ** digits;

/** p50, p99 and max of latencies in ms; sorts them in place. */
export const spread = (latencies: Float64Array): { readonly p50: number; readonly p99: number; readonly max: number } => {
  latencies.sort();
  return { p50: rounded(percentile(latencies, 0.5)), p99: rounded(percentile(latencies, 0.99)), max: rounded(percentile(latencies, 1)) };
};

/** By how much the median of the last third is above that of the first; `latencies` in the order of their arrival. */
export const growth = (latencies: Float64Array): number => {
  const third = Math.floor(latencies.length / 3);
  if (third === 0) return 0;
  return rounded(percentile(latencies.slice(-third).sort(), 0.5) - percentile(latencies.slice(0, third).sort(), 0.5));
};

/** A column of the table that people read: which field of a row, under which title, at least so wide. */
export type Column = { readonly field: string; readonly title: string; readonly width: number };

const columnsOf = (row: Row): readonly Column[] => Object.keys(row).map((field) => ({ field, title: field, width: 8 }));

/** Prints objects as lines of JSON, whole, or as a table: of `columns`, else of the fields of the first one. */
export const printer = (json: boolean, print: (line: string) => void, columns?: readonly Column[]): ((row: Row) => void) => {
  let table: readonly Column[] | undefined;
  return (row) => {
    if (json) return print(JSON.stringify(row));
    const line = (cell: (column: Column) => string): string =>
      (table ?? []).map((column) => cell(column).padStart(Math.max(column.title.length, column.width))).join('  ');
    if (!table) {
      table = columns ?? columnsOf(row);
      print(line(({ title }) => title));
    }
    print(line(({ field }) => String(row[field] ?? '-')));
  };
};
