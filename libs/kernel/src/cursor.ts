import type { Watermarks } from '@clatter/contract';
import { ClatterError } from './errors.ts';

/** A place in a log: per topic and partition the last offset that is covered, -1 for none. */
export type Cursor = { readonly logId: string; readonly at: Watermarks };

/** Opaque text of a cursor; safe in a URL. */
export const encodeCursor = (cursor: Cursor): string =>
  `1.${cursor.logId}.${Object.entries(cursor.at)
    .map(([topic, offsets]) => `${topic}=${offsets.map((o) => o.toString(36)).join(',')}`)
    .join(';')}`;

/** @throws {ClatterError} bad_request where the text is no cursor */
export const decodeCursor = (text: string): Cursor => {
  const match = /^1\.([A-Za-z0-9_-]+)\.([a-z0-9.=,;-]*)$/.exec(text);
  if (!match) throw new ClatterError('bad_request', 'This is not a cursor.');
  const at: Record<string, number[]> = {};
  for (const part of (match[2] as string).split(';')) {
    const [topic, offsets] = part.split('=');
    if (!topic || offsets === undefined) throw new ClatterError('bad_request', 'This is not a cursor.');
    at[topic] = offsets.split(',').map((o) => Number.parseInt(o, 36));
    if (at[topic].some((o) => !Number.isSafeInteger(o) || o < -1)) throw new ClatterError('bad_request', 'This is not a cursor.');
  }
  return { logId: match[1] as string, at };
};

/** Whether `reached` is at or beyond `wanted` in every partition that `wanted` names. */
export const covers = (reached: Watermarks, wanted: Watermarks): boolean =>
  Object.entries(wanted).every(([topic, offsets]) => offsets.every((offset, p) => (reached[topic]?.[p] ?? -1) >= offset));
