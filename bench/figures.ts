/** One run at one rate; milliseconds and seconds. `null` where this system does not tell. */
export type Measured = {
  readonly rate: number;
  readonly seconds: number;
  readonly expected: number;
  readonly delivered: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** of all processes of Clatter (or of the bare server) together */
  readonly cpuSeconds: number | null;
  readonly messagesPerCpuSecond: number | null;
  /** of the load itself */
  readonly loadCpuSeconds: number;
  readonly brokerCpuSeconds: number | null;
  readonly databaseCpuSeconds: number | null;
  /** of everything else on this machine: much of it, and the latencies are not Clatter's */
  readonly othersCpuSeconds: number | null;
};

export type Row = Readonly<Record<string, string | number | null>>;

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

/** Prints objects as lines of JSON, or as rows under the names of the first one's fields. */
export const printer = (json: boolean, print: (line: string) => void): ((row: Row) => void) => {
  let widths: number[] | undefined;
  return (row) => {
    if (json) return print(JSON.stringify(row));
    const names = Object.keys(row);
    if (!widths) {
      widths = names.map((name) => Math.max(name.length, 8));
      print(names.map((name, i) => name.padStart(widths?.[i] ?? 0)).join('  '));
    }
    print(names.map((name, i) => String(row[name] ?? '-').padStart(widths?.[i] ?? 0)).join('  '));
  };
};
