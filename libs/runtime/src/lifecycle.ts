import type { Part } from '@clatter/ports';
import type { Logger } from './log.ts';

export type ProcessOptions = {
  readonly name: string;
  /** started in this order, stopped in reverse */
  readonly parts: readonly Part[];
  readonly log: Logger;
  /** ms until a stop that hangs ends the process all the same */
  readonly graceMs: number;
};

/** Starts the parts, one line each; where one fails the others are stopped again. */
export const startAll = async (parts: readonly Part[], log: Logger): Promise<void> => {
  for (const [i, part] of parts.entries()) {
    try {
      await part.start();
      log.debug({ part: part.name }, 'started');
    } catch (error) {
      log.debug({ part: part.name, error }, `${part.name} could not start`); // whoever runs the process says it once, see startFailure
      await stopAll(parts.slice(0, i), log);
      throw error;
    }
  }
};

/** Stops in reverse order; a part that can't stop does not keep the others. */
export const stopAll = async (parts: readonly Part[], log: Logger): Promise<void> => {
  for (const part of [...parts].reverse()) {
    try {
      await part.stop();
      log.debug({ part: part.name }, 'stopped');
    } catch (error) {
      log.error({ part: part.name, error }, `${part.name} could not stop`);
    }
  }
};

/** ms: a Ctrl-C reaches a process under npm twice, from the terminal and passed on by npm; it is one signal. */
const ONE_SIGNAL = 500;

/** ms: who is not ready by then is told so, and may become it later */
const READY_WITHIN = 15_000;

/** Waits until no part says that it is not ready; a start is told when somebody can be served, not before. */
const untilReady = async (parts: readonly Part[], log: Logger): Promise<void> => {
  const reasons = (): string[] => parts.flatMap((part) => part.notReady?.() ?? []);
  for (const end = Date.now() + READY_WITHIN; reasons().length > 0; ) {
    if (Date.now() > end) return log.warn({ reasons: reasons() }, 'started, but not ready');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

/** Runs until SIGTERM or SIGINT, then stops in order and exits 0; a second signal, or the end of the grace period, exits at once. Resolves when it is ready. */
export const runProcess = async ({ name, parts, log, graceMs }: ProcessOptions): Promise<void> => {
  await startAll(parts, log);
  let stopping: number | undefined; // ms: since when
  const stop = (signal: string): void => {
    if (stopping !== undefined) {
      if (Date.now() - stopping > ONE_SIGNAL) process.exit(1);
      return;
    }
    stopping = Date.now();
    log.info({ signal }, `${name} stops`);
    setTimeout(() => {
      log.error({}, `${name} did not stop in time`);
      process.exit(1);
    }, graceMs).unref();
    void stopAll(parts, log).then(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  keepAlive();
  await untilReady(parts, log);
};

// Timers of the clock never keep a process alive; this one does until it is told to stop.
const keepAlive = (): void => void setInterval(() => {}, 3_600_000);
