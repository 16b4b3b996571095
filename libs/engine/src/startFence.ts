import { type Fence, NO_FENCE } from '@clatter/kernel';
import { type Clock, type EventLog, sleep } from '@clatter/ports';
import { Alarm } from './alarm.ts';

/**
 * Where a reader of an event log begins: at its stored fence. Below the log's start it begins at the first claim it meets
 * (only topics with a retention lose their start); beyond the end it waits, since a new leader may lag, and then alarms.
 */
export const startFence = async (
  log: EventLog,
  clock: Clock,
  topic: string,
  partition: number,
  stored: Fence | undefined,
  beyondEndMs: number,
): Promise<Fence> => {
  const until = clock.now() + beyondEndMs;
  const fence = stored ?? NO_FENCE;
  for (;;) {
    const { start, end } = await log.extent(topic, partition);
    if (fence.offset < start) return { ...NO_FENCE, offset: start };
    if (fence.offset <= end) return fence;
    if (clock.now() >= until)
      throw new Alarm(
        `${topic}/${partition}: stored position ${fence.offset} lies beyond the log's end ${end}; was the log restored? Run \`clatter new-log\`.`,
      );
    await sleep(clock, 1_000);
  }
};
