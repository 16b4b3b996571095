import { CLIENT_FRAMES, type ClientFrame, type ClientFrameType } from '@clatter/contract';
import { ClatterError } from '@clatter/kernel';
import { Compile } from 'typebox/compile';

const SCHEMAS = Object.fromEntries(Object.entries(CLIENT_FRAMES).map(([type, schema]) => [type, Compile(schema)]));
const FRAMES_AT_ONCE = 64;

/** Text of one WebSocket message to frames: one object, or an array of them. @throws {ClatterError} bad_frame */
export const decodeFrames = (text: string): readonly ClientFrame[] => {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new ClatterError('bad_frame', 'This is not JSON.', { cause });
  }
  const list: readonly unknown[] = Array.isArray(content) ? content : [content];
  if (list.length > FRAMES_AT_ONCE) throw new ClatterError('bad_frame', `At most ${FRAMES_AT_ONCE} frames at once.`);
  return list.map(decodeOne);
};

const decodeOne = (content: unknown): ClientFrame => {
  const type = (content as { type?: unknown } | null)?.type;
  const schema = typeof type === 'string' && Object.hasOwn(SCHEMAS, type) ? SCHEMAS[type as ClientFrameType] : undefined;
  if (!schema) throw new ClatterError('bad_frame', 'The frame has no known type.');
  if (!schema.Check(content)) {
    const first = schema.Errors(content)[0];
    throw new ClatterError('bad_frame', `The ${type} frame does not fit: ${first?.instancePath ?? ''} ${first?.message ?? ''}.`);
  }
  return content as ClientFrame;
};
