import { type Clock, LogError } from '@clatter/ports';

const WITHIN_MS = 20_000;

/** Waits for a first contact with the brokers. @throws {LogError} fatal, naming them and why, where none answers in time */
export const reached = async <T>(clock: Clock, brokers: readonly string[], connecting: Promise<T>): Promise<T> => {
  const none = (cause?: unknown): LogError => {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    return new LogError('fatal', `no Kafka broker answers at ${brokers.join(', ')}${why}`, cause);
  };
  let cancel = (): void => {};
  const late = new Promise<never>((_, reject) => {
    cancel = clock.after(WITHIN_MS, () => reject(none()));
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    throw error instanceof LogError && error.kind === 'fatal' ? error : none(error);
  } finally {
    cancel();
  }
};
