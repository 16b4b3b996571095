import { CLIENT_FRAMES, type ClientFrame, type ClientFrameType } from '@clatter/contract';
import { Compile } from 'typebox/compile';

const SCHEMAS = Object.fromEntries(Object.entries(CLIENT_FRAMES).map(([type, schema]) => [type, Compile(schema)]));
export const FRAMES_AT_ONCE = 64;

/** A frame, or why it is none; `ref` where it names a command that must not wait for an answer. */
export type Decoded = { readonly frame: ClientFrame } | { readonly bad: string; readonly ref?: string };

/** Text of one WebSocket message to frames: one object, or an array of them, each judged by itself. */
export const decodeFrames = (text: string): readonly Decoded[] => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return [{ bad: 'This is not JSON.' }];
  }
  const list: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (list.length > FRAMES_AT_ONCE) return [{ bad: `At most ${FRAMES_AT_ONCE} frames at once.` }];
  return list.map(decodeOne);
};

const decodeOne = (content: unknown): Decoded => {
  const { type, ref } = (content ?? {}) as { readonly type?: unknown; readonly ref?: unknown };
  const schema = typeof type === 'string' && Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type as ClientFrameType] : undefined;
  if (!schema) return { bad: 'The frame has no known type.' };
  if (schema.Check(content)) return { frame: content as ClientFrame };
  const first = schema.Errors(content)[0];
  const bad = `The ${type} frame does not fit: ${first?.instancePath ?? ''} ${first?.message ?? ''}.`;
  return type === 'command' && typeof ref === 'string' && ref.length <= 64 ? { bad, ref } : { bad };
};
