/** Something that a process starts and stops. Lists of parts are started in order and stopped in reverse. */
export interface Part {
  readonly name: string;
  /** Resolves when it does its work; rejects when it can't, naming what is missing. */
  start(): Promise<void>;
  /** Resolves when nothing of it runs any more and what it held is flushed. */
  stop(): Promise<void>;
  /** Why it is not ready to serve now; undefined when it is. */
  notReady?(): string | undefined;
}

/** Where a part says what happens. `alarm` = a person must look; the partition it names has stopped. */
export interface Log {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

/** Figures of a part; names and labels as Prometheus has them. */
export interface Metrics {
  count(name: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** seconds, bytes or items, by the name's suffix */
  observe(name: string, value: number, labels?: Readonly<Record<string, string>>): void;
}

export const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
export const UNMEASURED: Metrics = { count: () => {}, gauge: () => {}, observe: () => {} };
