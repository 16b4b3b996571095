/** `touchable`: its brokers can be killed, frozen and restarted; one that was given by its address can not. */
export type RunningKafka = {
  readonly brokers: string[];
  readonly touchable: boolean;
  /** resolves when it has ended; `SIGKILL` unless another signal is given */
  kill(broker: number, signal?: NodeJS.Signals): Promise<void>;
  restart(broker: number): Promise<void>;
  freeze(broker: number): Promise<void>;
  thaw(broker: number): Promise<void>;
  stop(): Promise<void>;
};

/** `touchable`: it can be killed, frozen and restarted; one that was given by its address can not. */
export type RunningMongo = {
  readonly url: string;
  readonly touchable: boolean;
  kill(signal?: NodeJS.Signals): Promise<void>;
  restart(): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  stop(): Promise<void>;
};
