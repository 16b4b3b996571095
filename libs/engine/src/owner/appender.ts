import { type EventLog, LogError, type NewRecord } from '@clatter/ports';

/** How the produce in flight ended. `given up`: whether it was appended is not known and will not be asked again. */
export type Ending = 'done' | 'given up';

/**
 * One produce in flight. After an error the very same records are appended again, nothing else before them: where the first
 * attempt did land after all, the fence drops the copy (P2). After three ambiguous errors in a row it gives up.
 */
export const appendAll = async (
  log: EventLog,
  topic: string,
  partition: number,
  records: readonly NewRecord[],
  pause: (attempt: number) => Promise<boolean>,
  forgetAmbiguous: boolean,
): Promise<Ending> => {
  let ambiguous = 0;
  for (let attempt = 0; ; attempt++) {
    try {
      await log.append(topic, partition, records);
      return 'done';
    } catch (error) {
      if (!(error instanceof LogError) || error.kind === 'fatal') throw error;
      if (error.kind === 'ambiguous' && forgetAmbiguous) return 'done';
      ambiguous = error.kind === 'ambiguous' ? ambiguous + 1 : 0;
      if (ambiguous >= 3 || !(await pause(attempt))) return 'given up';
    }
  }
};

/**
 * A batch as it is appended, one produce after the other. Mostly one: records can be several times as large as their commands (the names of
 * 500 members stand in body and headers), and a broker refuses for ever what is too large, which would stop the partition.
 */
export const producesOf = (batch: readonly { readonly encoded: NewRecord }[], most: number): readonly (readonly NewRecord[])[] => {
  const produces: NewRecord[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const { encoded } of batch) {
    const size = sizeOf(encoded);
    if (bytes + size > most) {
      produces.push([]);
      bytes = 0;
    }
    produces.at(-1)?.push(encoded);
    bytes += size;
  }
  return produces;
};

const sizeOf = ({ key, headers, value }: NewRecord): number =>
  Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), Buffer.byteLength(key) + Buffer.byteLength(value));
