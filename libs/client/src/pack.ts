const utf8 = new TextEncoder();

/** Frames as texts for the socket, in order: several in one where they fit into `most` bytes, for the server closes (1009) what is longer. */
export const pack = (frames: readonly object[], most: number): string[] => {
  const texts: string[] = [];
  let some: string[] = [];
  let bytes = 2; // the brackets
  const flush = (): void => {
    if (some.length > 0) texts.push(some.length === 1 ? (some[0] as string) : `[${some.join()}]`);
    some = [];
    bytes = 2;
  };
  for (const frame of frames) {
    const text = JSON.stringify(frame);
    const size = utf8.encode(text).length + 1; // and a comma
    if (bytes + size > most) flush();
    some.push(text);
    bytes += size;
  }
  flush();
  return texts;
};
