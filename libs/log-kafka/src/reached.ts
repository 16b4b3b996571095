import { LogError } from '@clatter/ports';

/** ms: a service may be started together with its brokers */
export const REACHED_WITHIN_MS = 20_000;

/** Waits for a first contact with the brokers. @throws {LogError} fatal, naming them and why, where none answers in time */
export const reached = async <T>(brokers: readonly string[], connecting: Promise<T>): Promise<T> => {
  const none = (cause?: unknown): LogError => {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    return new LogError('fatal', `no Kafka broker answers at ${brokers.join(', ')}${why}`, cause);
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    // not the clock's: until there is a connection nothing else keeps the process alive to say that there is none
    timer = setTimeout(() => reject(none()), REACHED_WITHIN_MS);
  });
  try {
    return await Promise.race([connecting, late]);
  } catch (error) {
    throw error instanceof LogError && error.kind === 'fatal' ? error : none(error);
  } finally {
    clearTimeout(timer);
  }
};
